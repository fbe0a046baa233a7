-- End a spider's ownership of a source, and put leased candidates back into todo (scrapers.queue.frontier).
--
-- Constants: HISTORY, the counter of new candidates.
--
-- KEYS
--   1 owner   string: name of the owning spider, expires with the ownership
--   2 leased  sorted set: candidate's name -> unix time of the lease
--   3 todo    sorted set: candidate's name -> rank, the lowest first
--   4 books   hash: the source's counters
-- ARGV
--   1 spider  name of the spider
--   2 now     unix time (s)
-- Answer: HISTORY; the script changes nothing when the spider is not the owner.
--
-- Safe to run twice: the second run finds no ownership of the spider.
local owner, leased, todo, books = unpack(KEYS)
local history = tonumber(redis.call('HGET', books, '${HISTORY}') or 0)
local spider, now = ARGV[1], ARGV[2]
if redis.call('GET', owner) ~= spider then return history end
redis.call('DEL', owner)
for _, name in ipairs(redis.call('ZRANGE', leased, 0, -1)) do redis.call('ZADD', todo, -now, name) end
redis.call('DEL', leased)
return history
