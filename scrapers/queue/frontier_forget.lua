-- Forget candidates without a sighting for long, unless they are still to be fetched (scrapers.queue.frontier).
--
-- Constants: AT_ONCE, the most candidates looked at by a run.
--
-- KEYS
--   1 seen        sorted set: candidate's name -> unix time of the last sighting
--   2 candidates  hash: name of a candidate still to be fetched -> payload
-- ARGV
--   1 limit  unix time (s): sightings up to then are forgotten
--   2 now    unix time (s)
-- Answer: the number of forgotten candidates.
--
-- Safe to run twice: the second run looks at further candidates.
local seen, candidates, limit, now = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
local forgotten = 0
for _, name in ipairs(redis.call('ZRANGEBYSCORE', seen, '-inf', limit, 'LIMIT', 0, ${AT_ONCE})) do
  if redis.call('HEXISTS', candidates, name) == 1 then
    redis.call('ZADD', seen, now, name)
  else
    forgotten = forgotten + redis.call('ZREM', seen, name)
  end
end
return forgotten
