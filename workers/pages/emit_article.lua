-- End a page with an article (workers.pages.emit): a line for the feed, or nothing new, or a duplicate.
-- Safe to run twice: the second run finds no pending page and does nothing.
--
-- KEYS
--   1 page           packed page
--   2 pending        hash page id -> JSON [source id, unix time of the hand-over]
--   3 pending_bytes  total bytes of all pending pages
--   4 books          hash of the source's counters
--   5 blame          hash page id -> failed tries
--   6 articles       stream of article lines
--   7 rejects        stream of reject lines
--   8 visits         sorted set of the source: article id (bytes) -> unix time of the next visit
-- ARGV, in the order of workers.pages.emit.ArticleArguments
--   1 page_id         the page's id
--   2 named_id        id that the page's own address makes, 32 hexadecimal digits
--   3 content_hash    digest of title and text (bytes)
--   4 line            JSON of the article
--   5 requested_name  name (bytes) of the requested URL
--   6 is_canonical    1: the page came from the article's canonical address; 0: from another address
--   7 duplicate_line  JSON of the reject for a duplicate, which names the article by named_id
--   8 visited_id      id of the visited article, '' for a page from discovery
--   9 url_key         the url_key of the visited article, or else the url_key that the page's own address makes
--  10 keeps_url_key   1: the article's URL makes another url_key, so the memory stores it; 0: not so
--  11 source          name (bytes) of the source
--  12 fingerprint     bands and print of the text (bytes), '' for a text too short to compare
--  13 now             unix time (s)
--  14 ages            ages (s) at which articles of the source are visited, ascending, separated by spaces
--  15 spread          share of an age by which the next visit is late
--  16 …               letters and values, in turn, of the memory's fields for visits
-- Answers: AGAIN (the page was ended before), EMITTED, UPDATED, UNCHANGED or DUPLICATE.
--
-- Constants: the answers (all but AGAIN are also counters of the books); ARTICLE_PREFIX, the begin of the key of an
-- article's memory; SEEN_ANEW, the letters of the memory's fields that a visit clears.
local page, pending, pending_bytes, books, blame, articles, rejects, visits = unpack(KEYS)
local page_id, named_id, content_hash, line, requested_name, is_canonical, duplicate_line, visited_id, url_key,
  keeps_url_key, source, fingerprint, now, ages, spread = unpack(ARGV)
local first_field = 16
if not take(page_id, page, pending, pending_bytes, books, blame) then return '${AGAIN}' end

local function end_as_duplicate_of(id)
  redis.call('HINCRBY', books, '${DUPLICATE}', 1)
  redis.call('XADD', rejects, '*', 'line', (string.gsub(duplicate_line, named_id, id)))
  return '${DUPLICATE}'
end

-- 1. The visited article's address leads to another article: both are merged.
local id, how = whose('${ARTICLE_PREFIX}', named_id, visited_id)
if how == 'merged' then
  local visited_article = recall('${ARTICLE_PREFIX}' .. visited_id)
  again(visited_article, visited_id, visits, now, '', 0, 'same')
  keep('${ARTICLE_PREFIX}' .. visited_id, visited_article)
  return end_as_duplicate_of(id)
end
if how == 'moved' then keep('${ARTICLE_PREFIX}' .. named_id, {i = id}) end

local article = recall('${ARTICLE_PREFIX}' .. id)
local last_revision, last_hash, was_withdrawn = article.r, article.h, article.g
local is_changed = last_hash ~= content_hash

-- 2. Another URL brought the article before: a duplicate, unless the page comes from the canonical address with a new
--    text. Also a duplicate: the article moved to this address, and the memory lacks the article's own url_key, without
--    which a revision cannot be written.
local own_url_key = (visited_id == id or id == named_id) and url_key or article.k
local is_other_url = article.b and article.b ~= requested_name and (not is_changed or is_canonical == '0')
if last_revision and visited_id == '' and (is_other_url or not own_url_key) then
  if is_canonical == '1' and not article.o then article.b, article.o = requested_name, 1 end
  keep('${ARTICLE_PREFIX}' .. id, article)
  return end_as_duplicate_of(id)
end

-- 3. A new address with title and text of an article that the same source still visits: the article moved, or stands
--    in two places.
local cluster_id = is_changed and cluster(article, id, last_revision, fingerprint, now)
if not last_revision and visited_id == '' and cluster_id ~= id and cluster_id ~= '' then
  local founder_article = recall('${ARTICLE_PREFIX}' .. cluster_id)
  if founder_article.h == content_hash and founder_article.s == source then
    keep('${ARTICLE_PREFIX}' .. named_id, {i = cluster_id})
    return end_as_duplicate_of(cluster_id)
  end
end

-- 4. A new article or revision, or nothing new.
local outcome = not is_changed and '${UNCHANGED}' or last_revision and '${UPDATED}' or '${EMITTED}'
redis.call('HINCRBY', books, outcome, 1)
if is_changed then
  article.r, article.h, article.b, article.g = (last_revision or 0) + 1, content_hash, requested_name, nil
  article.o = is_canonical == '1' and 1 or nil
  local entry = {
    'revision', article.r, 'event', last_revision and 'update' or 'new', 'line', line, 'cluster_id', cluster_id,
  }
  if id ~= named_id then
    for _, text in ipairs({'id', id, 'url_key', own_url_key}) do entry[#entry + 1] = text end
  end
  redis.call('XADD', articles, '*', unpack(entry))
  if ages ~= '' and (was_withdrawn or not last_revision) then article.n = article.n or tonumber(now) end
end

-- 5. The next visit, and the memory.
article.x = nil
-- An article restored from the feed has no place yet: its visits are planned when its page comes again.
if article.n and (is_changed or visited_id ~= '' or not article.p) then
  for letter in string.gmatch('${SEEN_ANEW}', '.') do article[letter] = nil end
  for i = first_field, #ARGV, 2 do article[ARGV[i]] = ARGV[i + 1] end
  article.s = source
  article.k = (keeps_url_key == '1' or id ~= named_id) and own_url_key or nil
  again(article, id, visits, now, ages, spread, is_changed and 'changed' or 'same')
end
keep('${ARTICLE_PREFIX}' .. id, article)
return outcome
