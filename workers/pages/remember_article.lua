-- Restore the memory of an article from the feed, after Valkey lost its last writes, and count the lost lines
-- (workers.pages.emit). Needs memory.lua.
-- Safe to run twice: a memory with the same or a later revision stays, and nothing is counted.
--
-- Constants: DISCOVERED, FETCHED, EMITTED, UPDATED and WITHDRAWN, counters of the source.
--
-- KEYS
--   1 memory   the article's memory
--   2 books    hash of the source's counters
--   3 sources  set: ids of all sources with counters
--   4 address  the memory of the article that the URL of the line would make
-- ARGV, in the order of workers.pages.emit.RememberArguments
--   1 revision      revision of the feed's line
--   2 content_hash  digest of title and text (bytes), '' for a withdrawal
--   3 cluster_id    id (bytes) of the cluster, '' for none
--   4 id            the article's id (bytes)
--   5 url_key       the article's url_key, where the article's URL makes another, else ''
--   6 fetched_at    unix time (s) of the line's page; the first visit is planned when the page comes again
--   7 source_id     the source's id
-- Answers: 1 restored, 0 known already. A known revision with another hash takes the hash of the feed: the writer
-- leaves out the line of the other text, so the next fetch must notice that text.
local memory, books, sources, address = unpack(KEYS)
local revision, content_hash, cluster_id, id, url_key, fetched_at, source_id = unpack(ARGV)
revision, fetched_at = tonumber(revision), tonumber(fetched_at)
local article = recall(memory)
local known = article.r or 0
if known > revision or known == revision and (article.h or '') == content_hash then return 0 end
article.r, article.h, article.g = revision, content_hash, nil
if content_hash == '' then article.h, article.g = nil, 1 end
article.c = cluster_id ~= id and cluster_id or nil
article.k = url_key ~= '' and url_key or nil
if content_hash ~= '' then article.n = article.n or fetched_at end
keep(memory, article)
if url_key ~= '' and redis.call('EXISTS', address) == 0 then keep(address, {i = hex(id)}) end
if known == revision then return 0 end
local lines = revision - known
redis.call('SADD', sources, source_id)
redis.call('HINCRBY', books, '${DISCOVERED}', lines)
redis.call('HINCRBY', books, '${FETCHED}', lines)
if known == 0 then redis.call('HINCRBY', books, '${EMITTED}', 1) end
if revision > math.max(known, 1) then redis.call('HINCRBY', books, '${UPDATED}', revision - math.max(known, 1)) end
if content_hash == '' then redis.call('HINCRBY', books, '${WITHDRAWN}', 1) end
return 1
