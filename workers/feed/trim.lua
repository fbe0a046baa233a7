-- Trim written entries from a stream, and store the writer's mark (workers.feed.writer).
-- The mark is the history number of the feed: the number only grows, so a smaller number, or a missing entry, shows a
-- server that went back in time (a power cut, a failover to a replica that lags behind).
-- Safe to run twice: the second run finds the entries gone and the mark stored.
--
-- Constants: DISCOVERED, the counter of found URLs.
--
-- KEYS
--   1 stream  stream of lines
--   2 mark    hash of the feed's marks: stream -> number of the last line that the writer has written, and
--             stream .. ':last' -> key of that line
--   3 …       for each reject counted twice: hash of its source's counters
-- ARGV
--   1 last_entry  id of the last written entry
--   2 first_kept  id of the first entry that stays
--   3 expected    the number in the mark before this run, 0 for none
--   4 seq         number of the last line in the file
--   5 last        key of the last line in the file
--   6 …           for each reject counted twice: the counter of its reason
-- Answers: 1 trimmed, 0 the server went back in time between reading and trimming; nothing is changed.
local stream, mark = KEYS[1], KEYS[2]
local last_entry, first_kept, expected, seq, last = unpack(ARGV, 1, 5)
local number = tonumber(redis.call('HGET', mark, stream) or 0)
if #redis.call('XRANGE', stream, last_entry, last_entry) == 0 then return number == tonumber(seq) and 1 or 0 end
if number ~= tonumber(expected) then return 0 end
-- The trim comes first: a server without free memory admits a script whose first write frees memory.
redis.call('XTRIM', stream, 'MINID', first_kept)
redis.call('HSET', mark, stream, seq, stream .. ':last', last)
for at = 3, #KEYS do
  redis.call('HINCRBY', KEYS[at], '${DISCOVERED}', -1)
  redis.call('HINCRBY', KEYS[at], ARGV[at + 3], -1)
end
return 1
