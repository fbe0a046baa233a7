-- Put off a leased candidate to a later time (scrapers.queue.frontier).
--
-- KEYS
--   1 leased      sorted set: candidate's name -> unix time of the lease
--   2 candidates  hash: candidate's name -> payload
--   3 waiting     sorted set: name of a deferred candidate -> unix time until which the candidate waits
-- ARGV
--   1 name     the candidate's name
--   2 until    unix time until which the candidate waits (s)
--   3 payload  the candidate's new payload
-- Answer: none of use.
--
-- Safe to run twice: the second run finds no lease.
local leased, candidates, waiting = unpack(KEYS)
local name, until_time, payload = ARGV[1], ARGV[2], ARGV[3]
if redis.call('ZREM', leased, name) == 0 then return 0 end
redis.call('ZADD', waiting, until_time, name)
return redis.call('HSET', candidates, name, payload)
