-- End a page with a reject (workers.pages.emit).
-- Safe to run twice: the second run finds no pending page and does nothing.
--
-- KEYS
--   1 page           packed page
--   2 pending        hash page id -> JSON [source id, unix time of the hand-over]
--   3 pending_bytes  total bytes of all pending pages
--   4 books          hash of the source's counters
--   5 blame          hash page id -> failed tries
--   6 rejects        stream of reject lines
-- ARGV
--   1 page_id  the page's id
--   2 counter  field of the books that counts rejects of this reason
--   3 line     JSON of the reject
-- Answers: AGAIN (the page was ended before) or REJECTED.
local page, pending, pending_bytes, books, blame, rejects = unpack(KEYS)
local page_id, counter, line = unpack(ARGV)
if not take(page_id, page, pending, pending_bytes, books, blame) then return '${AGAIN}' end
redis.call('HINCRBY', books, counter, 1)
redis.call('XADD', rejects, '*', 'line', line)
return '${REJECTED}'
