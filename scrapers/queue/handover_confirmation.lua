-- Hand over a visit of an unchanged article: end the lease, and plan the next visit (scrapers.queue.handover).
-- Needs memory.lua and visits.lua.
--
-- Constants: UNCHANGED, the counter of unchanged articles.
--
-- KEYS
--   1 leased      sorted set: candidate's name -> unix time of the lease
--   2 candidates  hash: candidate's name -> payload
--   3 books       hash: the source's counters
--   4 article_key the article's memory
--   5 visits      sorted set: article's id (bytes) -> unix time of the visit
-- ARGV
--   1 name    the candidate's name
--   2 id      the article's id
--   3 now     unix time (s)
--   4 ages    ages of an article at visits (s), ascending, separated by spaces
--   5 spread  share of an age by which the next visit is late
-- Answers
--   1  the visit has ended
--   0  the lease is not there; nothing is changed
--
-- Safe to run twice: the second run finds no lease.
local leased, candidates, books, article_key, visits = unpack(KEYS)
local name, id, now, ages, spread = unpack(ARGV)
if redis.call('ZREM', leased, name) == 0 then return 0 end
redis.call('HDEL', candidates, name)
redis.call('HINCRBY', books, '${UNCHANGED}', 1)
local article = recall(article_key)
article.x = nil
again(article, id, visits, now, ages, spread, 'same')
if article.r then keep(article_key, article) end
return 1
