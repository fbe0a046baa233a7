-- Restore the memory of an article from the feed, after Valkey lost its last writes (workers.pages.emit).
-- Safe to run twice: a memory with the same or a later revision stays.
--
-- KEYS
--   1 memory  the article's memory
-- ARGV
--   1 revision      revision of the feed's line
--   2 content_hash  digest of title and text (bytes), '' for a withdrawal
--   3 cluster_id    id (bytes) of the cluster, '' for none
--   4 id            the article's id (bytes)
-- Answers: 1 restored, 0 known already.
local memory = KEYS[1]
local revision, content_hash, cluster_id, id = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4]
local article = recall(memory)
if (article.r or 0) >= revision then return 0 end
article.r, article.h, article.g = revision, content_hash, nil
if content_hash == '' then article.h, article.g = nil, 1 end
article.c = cluster_id ~= id and cluster_id or nil
keep(memory, article)
return 1
