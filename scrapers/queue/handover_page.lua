-- Hand over a captured page: end the lease, and store the page for the workers (scrapers.queue.handover).
--
-- Constants: FETCHED and PENDING_COUNT, counters of the source.
--
-- KEYS
--   1 leased         sorted set: candidate's name -> unix time of the lease
--   2 candidates     hash: candidate's name -> payload
--   3 books          hash: the source's counters
--   4 page           string: the packed page
--   5 pending        hash: page's id -> mark
--   6 pending_bytes  integer: size of all pending pages (bytes)
-- ARGV
--   1 name     the candidate's name
--   2 page_id  the page's id
--   3 blob     the packed page
--   4 mark     JSON: the source's id and the unix time (s) of the hand-over
-- Answers
--   1  the page is handed over
--   0  the lease is not there: the page was handed over before, or the candidate is in todo again; nothing is changed
--
-- Safe to run twice: the second run finds no lease.
local leased, candidates, books, page, pending, pending_bytes = unpack(KEYS)
local name, page_id, blob, mark = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if redis.call('ZREM', leased, name) == 0 then return 0 end
redis.call('HDEL', candidates, name)
redis.call('SET', page, blob)
redis.call('HSET', pending, page_id, mark)
redis.call('INCRBY', pending_bytes, #blob)
redis.call('HINCRBY', books, '${FETCHED}', 1)
redis.call('HINCRBY', books, '${PENDING_COUNT}', 1)
return 1
