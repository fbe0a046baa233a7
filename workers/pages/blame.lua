-- Store a failed try of a pending page (workers.pages.quarantine).
-- Safe to run twice: the second run finds the token of the try.
--
-- KEYS
--   1 pending  hash page id -> JSON [source id, unix time of the hand-over]
--   2 blame    hash page id -> failed tries
-- ARGV
--   1 page_id  the page's id
--   2 try      JSON of the try, with the token
--   3 token    a text that only this try has
-- Answers: all failed tries of the page as JSON, separated by commas; '' for a page that is not pending.
local pending, blame = unpack(KEYS)
local page_id, try, token = unpack(ARGV)
if redis.call('HEXISTS', pending, page_id) == 0 then return '' end
local earlier = redis.call('HGET', blame, page_id)
if earlier and string.find(earlier, token, 1, true) then return earlier end
local tries = earlier and (earlier .. ',' .. try) or try
redis.call('HSET', blame, page_id, tries)
return tries
