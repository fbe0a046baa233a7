-- Hand over a candidate without a page: end the lease, write the reject, and plan the next visit
-- (scrapers.queue.handover). Needs memory.lua and visits.lua.
--
-- KEYS
--   1 leased      sorted set: candidate's name -> unix time of the lease
--   2 candidates  hash: candidate's name -> payload
--   3 books       hash: the source's counters
--   4 rejects     stream of rejects
--   5 article_key (only for a visit) the article's memory
--   6 visits      (only for a visit) sorted set: article's id (bytes) -> unix time of the visit
-- ARGV
--   1 name     the candidate's name
--   2 reject   the reject as JSON
--   3 counter  the counter of the reject's reason
--   4 id       (only for a visit, as all that follow) the article's id
--   5 now      unix time (s)
--   6 ages     ages of an article at visits (s), ascending, separated by spaces
--   7 spread   share of an age by which the next visit is late
-- Answers
--   1  the reject is written
--   0  the lease is not there; nothing is changed
--
-- Safe to run twice: the second run finds no lease.
local leased, candidates, books, rejects, article_key, visits = unpack(KEYS)
local name, reject, counter, id, now, ages, spread = unpack(ARGV)
if redis.call('ZREM', leased, name) == 0 then return 0 end
redis.call('HDEL', candidates, name)
redis.call('XADD', rejects, '*', 'line', reject)
redis.call('HINCRBY', books, counter, 1)
if not id then return 1 end
local article = recall(article_key)
again(article, id, visits, now, ages, spread, 'same')
if article.r then keep(article_key, article) end
return 1
