-- Plan the next visit of an article (schemas.store.visits). A library; needs memory.lua.
--
-- Constants:
--   LIVE          visits of a changing live blog before the first ordinary visit
--   UNUSED        seconds after their time for which visits of a source that is not crawled any more are stored
--   VISITING      sorted set source id -> unix time at which the scheduler looks for due visits
--   PREFIX_BYTES  length of the prefix of the keys of visits; the source's id follows
--   FIELDS        letters of the fields that only an article with visits to come has

-- again(article, id, visits, now, ages, spread, finding): plan the next visit, or end the visits after the last age.
--   article  the table of the article's memory; changed here, and stored by the caller
--   id       the article's id, 32 hexadecimal digits
--   visits   key of the sorted set of the source's visits: id (bytes) -> unix time
--   now      unix time (s)
--   ages     ages (s) at which articles of the source are visited, ascending, separated by spaces
--   spread   share of an age by which the visit is late, so that visits do not come in crowds
--   finding  'changed'    the page has a new text
--            'same'       the page has the old text
--            'missing'    no article was there; a further visit follows soon
--            'withdrawn'  the article is withdrawn; a further visit follows late, for the article may come back
-- An article that has had its last visit (no field n) stays as it is. Not safe to run twice alone, for a live blog's
-- pause (y) doubles each time: the calling script first takes the page or the lease, and does nothing the second time.
local function again(article, id, visits, now, ages, spread, finding)
  if not article.n then return end
  now, spread = tonumber(now), tonumber(spread)
  local first, last, due
  for word in string.gmatch(ages, '%S+') do
    last = tonumber(word)
    first = first or last
    if not due and article.n + last > now then due = article.n + last * (1 + spread) end
  end
  local function not_after(wait) due = math.min(due or math.huge, now + wait * (1 + spread)) end
  if first and article.l then
    article.y = finding == 'changed' and first / ${LIVE} or (article.y or first / ${LIVE}) * 2
    if article.y < first then not_after(article.y) end
  end
  if first and finding == 'missing' then not_after(first) end
  if first and finding == 'withdrawn' and not due then not_after(last) end
  if due then
    redis.call('ZADD', visits, due, raw(id))
    local latest = redis.call('ZRANGE', visits, -1, -1, 'WITHSCORES')[2]
    redis.call('EXPIREAT', visits, math.ceil(tonumber(latest)) + ${UNUSED})
    redis.call('ZADD', '${VISITING}', 'LT', due, string.sub(visits, ${PREFIX_BYTES} + 1))
  else
    redis.call('ZREM', visits, raw(id))
    for field in string.gmatch('${FIELDS}', '.') do article[field] = nil end
  end
end
