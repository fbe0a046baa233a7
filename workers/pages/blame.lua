-- Store a failed try of a pending page (workers.pages.quarantine).
-- Run twice, the script stores the try twice; the page is then put aside a try sooner, which does no harm.
--
-- KEYS
--   1 pending  hash page id -> JSON [source id, unix time of the hand-over]
--   2 blame    hash page id -> failed tries
-- ARGV
--   1 page_id  the page's id
--   2 try      JSON of the try
-- Answers: all failed tries of the page as JSON, separated by commas; '' for a page that is not pending.
local pending, blame = unpack(KEYS)
local page_id, try = unpack(ARGV)
if redis.call('HEXISTS', pending, page_id) == 0 then return '' end
local earlier = redis.call('HGET', blame, page_id)
local tries = earlier and (earlier .. ',' .. try) or try
redis.call('HSET', blame, page_id, tries)
return tries
