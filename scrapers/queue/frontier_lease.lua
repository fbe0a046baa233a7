-- Lease candidates to the owner of a source (scrapers.queue.frontier; docs/architecture.md, step 2).
--
-- Deferred candidates with their time reached first go back into todo, before new candidates: they were begun earlier.
--
-- Constants: AT_ONCE, the most deferred candidates moved by a run; HISTORY, the counter of new candidates.
--
-- KEYS
--   1 owner       string: name of the owning spider
--   2 leased      sorted set: candidate's name -> unix time of the lease
--   3 todo        sorted set: candidate's name -> rank, the lowest first
--   4 candidates  hash: candidate's name -> payload
--   5 waiting     sorted set: name of a deferred candidate -> unix time until which the candidate waits
--   6 books       hash: the source's counters
-- ARGV
--   1 spider  name of the spider
--   2 now     unix time (s)
--   3 count   most candidates to lease
-- Answers
--   { history, '', -1 }           the spider is not the owner; nothing is changed
--   { history, due, already_leased, name, payload, name … }
--      history         HISTORY: smaller than in an earlier answer after the server lost its last writes
--      due             the time of the next waiting candidate, or empty
--      already_leased  the number of candidates leased before this run
--      payload         nil for a name without payload
--
-- When an answer is lost, the leases of that run stay without a page; a second run leases further candidates. The
-- spider finds leases without pages and acquires the source again (scrapers.spiders.source).
local owner, leased, todo, candidates, waiting, books = unpack(KEYS)
local spider, now, count = ARGV[1], ARGV[2], ARGV[3]
local history = tonumber(redis.call('HGET', books, '${HISTORY}') or 0)
if redis.call('GET', owner) ~= spider then return {history, '', -1} end
for _, name in ipairs(redis.call('ZRANGEBYSCORE', waiting, '-inf', now, 'LIMIT', 0, ${AT_ONCE})) do
  redis.call('ZREM', waiting, name)
  redis.call('ZADD', todo, -now, name)
end
local next_waiting = redis.call('ZRANGE', waiting, 0, 0, 'WITHSCORES')
local popped = redis.call('ZPOPMIN', todo, count)
local answer = {history, next_waiting[2] or '', redis.call('ZCARD', leased)}
for i = 1, #popped, 2 do
  local name = popped[i]
  redis.call('ZADD', leased, now, name)
  answer[#answer + 1] = name
  answer[#answer + 1] = redis.call('HGET', candidates, name)
end
return answer
