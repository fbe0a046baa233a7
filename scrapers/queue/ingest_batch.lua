-- Hand over a batch of an archive's pages, together with the position behind the batch (scrapers.queue.ingest).
--
-- Constants: DISCOVERED, FETCHED and PENDING_COUNT, counters of a source.
--
-- KEYS
--   1 position       string: offset (bytes) of the archive's record taken last
--   2 sources        set: ids of all sources with counters
--   3 pending        hash: page's id -> mark
--   4 pending_bytes  integer: size of all pending pages (bytes)
--   5 rejects        stream of rejects
--   6 …              three for each record
--       books  hash: the source's counters
--       seen   sorted set: candidate's name -> unix time of the last sighting
--       page   string: the packed page
-- ARGV
--   1 before    the position before the batch, empty for the beginning of the archive
--   2 after     the position behind the batch
--   3 remember  time for which the position is remembered (s)
--   4 now       unix time (s)
--   5 …         six for each record
--       kind       'page' or 'reject'
--       name       the candidate's name
--       source_id  the source's id
--       page_id    the page's id
--       content    the packed page, or the reject as JSON
--       mark       the mark of a pending page, or the counter of a reject's reason
-- Answers
--   1  the batch is handed over
--   0  the position is not `before`; nothing is changed
--
-- Safe to run twice: the second run finds another position.
local position, sources, pending, pending_bytes, rejects = unpack(KEYS, 1, 5)
local before, after, remember, now = unpack(ARGV, 1, 4)
if (redis.call('GET', position) or '') ~= before then return 0 end
redis.call('SET', position, after, 'EX', remember)
local key, arg = 6, 5
while ARGV[arg] do
  local books, seen, page = unpack(KEYS, key, key + 2)
  local kind, name, source_id, page_id, content, mark = unpack(ARGV, arg, arg + 5)
  redis.call('SADD', sources, source_id)
  redis.call('ZADD', seen, 'GT', now, name)
  redis.call('HINCRBY', books, '${DISCOVERED}', 1)
  if kind == 'page' then
    redis.call('HINCRBY', books, '${FETCHED}', 1)
    redis.call('HINCRBY', books, '${PENDING_COUNT}', 1)
    redis.call('SET', page, content)
    redis.call('HSET', pending, page_id, mark)
    redis.call('INCRBY', pending_bytes, #content)
  else
    redis.call('HINCRBY', books, mark, 1)
    redis.call('XADD', rejects, '*', 'line', content)
  end
  key, arg = key + 3, arg + 6
end
return 1
