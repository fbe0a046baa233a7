-- Count rejects that the feed holds and Valkey has lost, and store the writer's mark (workers.feed.writer).
-- Safe to run twice: the second run finds the mark of the first run.
--
-- Constants: DISCOVERED, the counter of found URLs.
--
-- KEYS
--   1 mark     hash of the feed's marks: see trim.lua
--   2 sources  set: ids of all sources with counters
--   3 …        for each source and reason: hash of the source's counters
-- ARGV
--   1 stream    field of the mark with the number of lines
--   2 expected  the number in the mark before this run, 0 for none
--   3 seq       the number of lines in the file
--   4 last      key of the last line in the file
--   5 …         three for each source and reason: the source's id, the counter of the reason, the number of rejects
-- Answers: 1 counted, 0 the mark is another: an earlier run has counted.
local mark, sources = KEYS[1], KEYS[2]
local stream, expected, seq, last = unpack(ARGV, 1, 4)
if tonumber(redis.call('HGET', mark, stream) or 0) ~= tonumber(expected) then return 0 end
for at = 5, #ARGV, 3 do
  local books, source_id, counter, count = KEYS[3 + (at - 5) / 3], unpack(ARGV, at, at + 2)
  redis.call('SADD', sources, source_id)
  redis.call('HINCRBY', books, '${DISCOVERED}', count)
  redis.call('HINCRBY', books, counter, count)
end
redis.call('HSET', mark, stream, seq, stream .. ':last', last)
return 1
