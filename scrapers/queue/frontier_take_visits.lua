-- Make candidates of the articles with a due visit (scrapers.queue.frontier; schemas.store.visits). Needs memory.lua.
--
-- The name of such a candidate is the article's id, never the name of a URL. Its rank puts the visit before all new
-- pages, so that a moved page is first found by the page's old address. While an earlier visit of the article waits or
-- is leased, the new visit is left out: the end of the earlier visit plans the next.
--
-- Constants: ARTICLE_PREFIX, the prefix of the keys of articles' memories; DISCOVERED, the counter of new candidates.
--
-- KEYS
--   1 visits      sorted set: article's id (bytes) -> unix time of the visit
--   2 todo        sorted set: candidate's name -> rank, the lowest first
--   3 candidates  hash: name of a candidate still to be fetched (todo, waiting or leased) -> payload
--   4 books       hash: the source's counters
--   5 sources     set: ids of all sources with counters
-- ARGV
--   1 now        unix time (s)
--   2 source_id  the source's id
--   3 count      most visits to take, the longest due first
-- Answer: { taken, due }: the number of new candidates, and the number of visits looked at.
--
-- Safe to run twice: the second run takes further visits.
local visits, todo, candidates, books, sources = unpack(KEYS)
local now, source_id, count = ARGV[1], ARGV[2], ARGV[3]
local taken, due = 0, redis.call('ZRANGEBYSCORE', visits, '-inf', now, 'LIMIT', 0, count)
for _, id_bytes in ipairs(due) do
  local id = hex(id_bytes)
  local article = recall('${ARTICLE_PREFIX}' .. id)
  redis.call('ZREM', visits, id_bytes)
  if article.p and redis.call('HEXISTS', candidates, id) == 0 then
    redis.call('ZADD', todo, -now, id)
    local visit = {id = id, place = hex(article.p)}
    visit.key, visit.etag, visit.modified = article.k, article.e, article.m
    visit.body, visit.hash = article.d and hex(article.d), article.h and hex(article.h)
    redis.call('HSET', candidates, id, cjson.encode({visit = visit}))
    taken = taken + 1
  end
end
if taken > 0 then
  redis.call('HINCRBY', books, '${DISCOVERED}', taken)
  redis.call('SADD', sources, source_id)
end
return {taken, #due}
