-- Put new candidates into todo, and refresh the sighting of known candidates (scrapers.queue.frontier).
--
-- Constants: DISCOVERED, the counter of new candidates; HISTORY, their counter that nothing else moves; UNDATED, the rhythm's field of an article without a time.
--
-- KEYS
--   1 seen        sorted set: candidate's name -> unix time of the last sighting
--   2 todo        sorted set: candidate's name -> rank, the lowest first
--   3 candidates  hash: candidate's name -> payload
--   4 books       hash: the source's counters
--   5 sources     set: ids of all sources with counters
--   6 rhythm      hash: hour since the epoch -> new articles
--   7 undated     set: names of new articles without a time, until the end of the crawl
-- ARGV
--   1 now           unix time (s)
--   2 source_id     the source's id
--   3 keep_undated  time after which `undated` expires (s)
--   4 stale         age over which a sighting is refreshed (s): to move a name in a large sorted set costs most
--   5 …             four for each candidate: name, rank, payload, and the rhythm's field in which the article counts:
--                   an hour, UNDATED until a listing dates the article, or empty for none
-- Answer: { new, history }: the number of new candidates, and HISTORY before this run.
--
-- Safe to run twice: the second run finds all names in `seen`.
local now, source_id, keep_undated, stale = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local seen, todo, candidates, books, sources, rhythm, undated = unpack(KEYS)
local new, history = 0, tonumber(redis.call('HGET', books, '${HISTORY}') or 0)
for i = 5, #ARGV, 4 do
  local name, rank, payload, field = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  local sighted = redis.call('ZSCORE', seen, name)
  if not sighted then
    redis.call('ZADD', seen, now, name)
    redis.call('ZADD', todo, rank, name)
    redis.call('HSET', candidates, name, payload)
    if field == '${UNDATED}' then
      redis.call('SADD', undated, name)
      redis.call('EXPIRE', undated, keep_undated)
    elseif field ~= '' then
      redis.call('HINCRBYFLOAT', rhythm, field, 1)
    end
    new = new + 1
  else
    if now - sighted > stale then redis.call('ZADD', seen, 'GT', now, name) end
    if field ~= '${UNDATED}' and redis.call('SREM', undated, name) == 1 and field ~= '' then
      redis.call('HINCRBYFLOAT', rhythm, field, 1)
    end
  end
end
if new > 0 then
  redis.call('HINCRBY', books, '${DISCOVERED}', new)
  redis.call('HINCRBY', books, '${HISTORY}', new)
  redis.call('SADD', sources, source_id)
end
return {new, history}
