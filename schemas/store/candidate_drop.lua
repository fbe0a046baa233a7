-- End a candidate in quarantine with a reject (schemas.store.quarantine).
--
-- Constants: QUARANTINED, the counter of entries in quarantine.
--
-- KEYS
--   1 books       hash: the source's counters
--   2 quarantine  hash: entry's id -> JSON of the note
--   3 rejects     stream of rejects
-- ARGV
--   1 entry_id  the entry's id
--   2 counter   the counter of the reject's reason
--   3 line      JSON of the reject
-- Answers: 1 dropped, 0 the entry is not in quarantine; nothing is changed.
--
-- Safe to run twice: the second run finds no entry.
local books, quarantine, rejects = unpack(KEYS)
local entry_id, counter, line = unpack(ARGV)
if redis.call('HDEL', quarantine, entry_id) == 0 then return 0 end
redis.call('HINCRBY', books, '${QUARANTINED}', -1)
redis.call('HINCRBY', books, counter, 1)
redis.call('XADD', rejects, '*', 'line', line)
return 1
