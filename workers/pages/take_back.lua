-- Make a page in quarantine pending again (workers.pages.quarantine).
-- Safe to run twice: the second run finds no page in quarantine and does nothing.
--
-- KEYS
--   1 page           packed page
--   2 pending        hash page id -> JSON [source id, unix time of the hand-over]
--   3 pending_bytes  total bytes of all pending pages
--   4 books          hash of the source's counters
--   5 quarantine     hash page id -> JSON of the note
-- ARGV
--   1 page_id  the page's id
--   2 mark     JSON [source id, unix time of the hand-over]
-- Answers: 1 taken back, 0 the page is not in quarantine.
local page, pending, pending_bytes, books, quarantine = unpack(KEYS)
local page_id, mark = unpack(ARGV)
if redis.call('HDEL', quarantine, page_id) == 0 then return 0 end
redis.call('HSET', pending, page_id, mark)
redis.call('INCRBY', pending_bytes, redis.call('STRLEN', page))
redis.call('HINCRBY', books, '${PENDING_COUNT}', 1)
redis.call('HINCRBY', books, '${QUARANTINED}', -1)
return 1
