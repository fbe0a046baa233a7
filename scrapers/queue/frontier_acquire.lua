-- Make a spider the owner of a source, and put leased candidates back into todo (scrapers.queue.frontier).
--
-- KEYS
--   1 owner   string: name of the owning spider, expires with the ownership
--   2 leased  sorted set: candidate's name -> unix time of the lease
--   3 todo    sorted set: candidate's name -> rank, the lowest first
-- ARGV
--   1 spider  name of the spider
--   2 ttl     time after which the ownership expires (ms)
--   3 now     unix time (s)
-- Answers
--   1  the spider owns the source
--   0  another spider owns the source; nothing is changed
--
-- Safe to run twice: the second run finds the spider as owner, and nothing leased.
local owner, leased, todo = unpack(KEYS)
local spider, ttl, now = ARGV[1], ARGV[2], ARGV[3]
local present = redis.call('GET', owner)
if present and present ~= spider then return 0 end
redis.call('SET', owner, spider, 'PX', ttl)
for _, name in ipairs(redis.call('ZRANGE', leased, 0, -1)) do redis.call('ZADD', todo, -now, name) end
redis.call('DEL', leased)
return 1
