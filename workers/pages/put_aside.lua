-- Move a pending page into quarantine (workers.pages.quarantine). The page itself stays under its key.
-- Safe to run twice: the second run finds no pending page and does nothing.
--
-- KEYS
--   1 page           packed page
--   2 pending        hash page id -> JSON [source id, unix time of the hand-over]
--   3 pending_bytes  total bytes of all pending pages
--   4 books          hash of the source's counters
--   5 quarantine     hash page id -> JSON of the note
--   6 blame          hash page id -> failed tries
-- ARGV
--   1 page_id  the page's id
--   2 note     JSON of the note: source, reason, time and failed tries
-- Answers: 1 put aside, 0 the page is not pending.
local page, pending, pending_bytes, books, quarantine, blame = unpack(KEYS)
local page_id, note = unpack(ARGV)
if redis.call('HDEL', pending, page_id) == 0 then return 0 end
redis.call('DECRBY', pending_bytes, redis.call('STRLEN', page))
redis.call('HINCRBY', books, '${PENDING_COUNT}', -1)
redis.call('HINCRBY', books, '${QUARANTINED}', 1)
redis.call('HSET', quarantine, page_id, note)
redis.call('HDEL', blame, page_id)
return 1
