-- Take a page from the pending pages: the begin of each script that ends a page (workers.pages.emit). A library.

-- take(page_id, page, pending, pending_bytes, books, blame): true for a pending page, whose bytes, pending mark and
-- failed tries are gone then; false for a page that another run has ended, without any change.
--   page_id        the page's id
--   page           key of the packed page
--   pending        hash page id -> JSON [source id, unix time of the hand-over]
--   pending_bytes  total bytes of all pending pages
--   books          hash of the source's counters
--   blame          hash page id -> failed tries
local function take(page_id, page, pending, pending_bytes, books, blame)
  if redis.call('HDEL', pending, page_id) == 0 then return false end
  redis.call('DECRBY', pending_bytes, redis.call('STRLEN', page))
  redis.call('UNLINK', page)
  redis.call('HINCRBY', books, '${PENDING_COUNT}', -1)
  redis.call('HDEL', blame, page_id)
  return true
end
