-- Trim written entries from a stream, and store the writer's mark (workers.feed.writer).
-- Safe to run twice: the second run finds the entries gone and stores the same mark.
--
-- KEYS
--   1 stream  stream of lines
--   2 mark    hash stream -> `seq` of the last line that the writer has written
-- ARGV
--   1 first_kept  id of the first entry that stays
--   2 seq         `seq` of the last line in the file
-- Answers: number of fields added to the hash, 0 or 1.
local stream, mark = unpack(KEYS)
local first_kept, seq = unpack(ARGV)
-- The trim comes first: a server without free memory admits a script that begins by freeing memory.
redis.call('XTRIM', stream, 'MINID', first_kept)
return redis.call('HSET', mark, stream, seq)
