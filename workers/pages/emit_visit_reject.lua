-- End the page of a visit that found no article (workers.pages.emit): a reject, or a line with the withdrawal.
-- Safe to run twice: the second run finds no pending page and does nothing.
--
-- KEYS
--   1 page           packed page
--   2 pending        hash page id -> JSON [source id, unix time of the hand-over]
--   3 pending_bytes  total bytes of all pending pages
--   4 books          hash of the source's counters
--   5 blame          hash page id -> failed tries
--   6 rejects        stream of reject lines
--   7 articles       stream of article lines
--   8 memory         the visited article's memory
--   9 visits         sorted set of the source: article id (bytes) -> unix time of the next visit
--  10 seen           sorted set of the source: name of a URL -> unix time of the last sighting
-- ARGV, in the order of workers.pages.emit.VisitRejectArguments
--   1 page_id       the page's id
--   2 counter       field of the books that counts rejects of this reason
--   3 reject_line   JSON of the reject
--   4 id            the visited article's id, 32 hexadecimal digits
--   5 absence       MISSING or REDIRECTED (schemas.store.identity.Absence), '' for a page that proves no absence
--   6 withdrawal    JSON of the withdrawn article, '' without an absence
--   7 now           unix time (s)
--   8 ages          ages (s) at which articles of the source are visited, ascending, separated by spaces
--   9 spread        share of an age by which the next visit is late
--  10 visited_name  name (hexadecimal) of the visited URL
-- Answers: AGAIN (the page was ended before), WITHDRAWN or REJECTED.
--
-- Constants: the answers; UPDATED and WITHDRAWN are counters of the books, too. MISSING, REDIRECTED: the absences.
-- MOST_MISSED: visits in a row without the article, after which the article counts as withdrawn.
local page, pending, pending_bytes, books, blame, rejects, articles, memory, visits, seen = unpack(KEYS)
local page_id, counter, reject_line, id, absence, withdrawal, now, ages, spread, visited_name = unpack(ARGV)
if not take(page_id, page, pending, pending_bytes, books, blame) then return '${AGAIN}' end

local article = recall(memory)
local was_withdrawn, url_name = article.g, article.b
if absence == '${MISSING}' then article.x = (article.x or 0) + 1 end
if absence ~= '' then article.e, article.m, article.d = nil, nil, nil end
local is_absent = absence == '${REDIRECTED}' or (article.x or 0) >= ${MOST_MISSED}
local is_withdrawn = article.r and not was_withdrawn and is_absent
if is_withdrawn then
  article.r, article.h, article.g = article.r + 1, nil, 1
  redis.call('HINCRBY', books, '${UPDATED}', 1)
  redis.call('HINCRBY', books, '${WITHDRAWN}', 1)
  local cluster_id = article.c and hex(article.c) or id
  local entry = {'revision', article.r, 'event', 'withdrawn', 'cluster_id', cluster_id, 'line', withdrawal}
  redis.call('XADD', articles, '*', unpack(entry))
  again(article, id, visits, now, ages, spread, 'withdrawn')
else
  redis.call('HINCRBY', books, counter, 1)
  redis.call('XADD', rejects, '*', 'line', reject_line)
  again(article, id, visits, now, ages, spread, absence == '${MISSING}' and not was_withdrawn and 'missing' or 'same')
end
if article.r then keep(memory, article) end
-- A withdrawn article without a further visit: a spider may discover the URL anew.
if was_withdrawn and not article.n then
  redis.call('ZREM', seen, visited_name, url_name and hex(url_name) or visited_name)
end
return is_withdrawn and '${WITHDRAWN}' or '${REJECTED}'
