-- Move a leased candidate into quarantine (schemas.store.quarantine).
--
-- Constants: QUARANTINED, the counter of entries in quarantine.
--
-- KEYS
--   1 leased      sorted set: candidate's name -> unix time of the lease
--   2 candidates  hash: candidate's name -> payload
--   3 books       hash: the source's counters
--   4 quarantine  hash: entry's id -> JSON of the note
-- ARGV
--   1 name      the candidate's name
--   2 entry_id  the entry's id
--   3 note      JSON of the note, with the payload
-- Answers: 1 put aside, 0 the candidate is not leased; nothing is changed.
--
-- Safe to run twice: the second run finds no lease.
local leased, candidates, books, quarantine = unpack(KEYS)
local name, entry_id, note = unpack(ARGV)
if redis.call('ZREM', leased, name) == 0 then return 0 end
redis.call('HDEL', candidates, name)
redis.call('HINCRBY', books, '${QUARANTINED}', 1)
redis.call('HSET', quarantine, entry_id, note)
return 1
