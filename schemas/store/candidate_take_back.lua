-- Put a candidate in quarantine back into todo (schemas.store.quarantine).
--
-- Constants: QUARANTINED, the counter of entries in quarantine.
--
-- KEYS
--   1 todo        sorted set: candidate's name -> rank, the lowest first
--   2 candidates  hash: candidate's name -> payload
--   3 books       hash: the source's counters
--   4 quarantine  hash: entry's id -> JSON of the note
-- ARGV
--   1 name      the candidate's name
--   2 entry_id  the entry's id
--   3 payload   the candidate's payload
--   4 now       unix time (s)
-- Answers: 1 taken back, 0 the entry is not in quarantine, or the candidate has come again; nothing is changed.
--
-- Safe to run twice: the second run finds no entry.
local todo, candidates, books, quarantine = unpack(KEYS)
local name, entry_id, payload, now = unpack(ARGV)
if redis.call('HEXISTS', candidates, name) == 1 or redis.call('HDEL', quarantine, entry_id) == 0 then return 0 end
redis.call('ZADD', todo, -now, name)
redis.call('HSET', candidates, name, payload)
redis.call('HINCRBY', books, '${QUARANTINED}', -1)
return 1
