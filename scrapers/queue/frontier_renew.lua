-- Extend a spider's ownership of a source (scrapers.queue.frontier).
--
-- KEYS
--   1 owner   string: name of the owning spider, expires with the ownership
-- ARGV
--   1 spider  name of the spider
--   2 ttl     time after which the ownership expires (ms)
-- Answers
--   1  the spider stays the owner
--   0  the spider is not the owner any more; nothing is changed
--
-- Safe to run twice.
local owner, spider, ttl = KEYS[1], ARGV[1], ARGV[2]
if redis.call('GET', owner) ~= spider then return 0 end
return redis.call('PEXPIRE', owner, ttl)
