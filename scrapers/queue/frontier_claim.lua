-- Let a candidate take the place of the page to which it led (scrapers.queue.frontier).
--
-- KEYS
--   1 seen    sorted set: candidate's name -> unix time of the last sighting
--   2 claims  hash: candidate's name -> name of the page claimed last; 'by ' + page's name -> name of the first claimer
-- ARGV
--   1 name  the candidate's name
--   2 page  name of the page to which the candidate led
--   3 now   unix time (s)
--   4 keep  time for which claims are remembered (s)
-- Answers
--   1  the candidate takes the place of the page, because
--      - the page's own candidate has claimed this candidate (two pages that name each other must not both be dropped),
--      - or no candidate has been the page yet; from now on the page counts as seen,
--      - or this candidate was the first to claim the page
--   0  another candidate is, or was, the page
--
-- Safe to run twice: the second run finds the first run's claim.
local seen, claims = KEYS[1], KEYS[2]
local name, page, now, keep = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if redis.call('HGET', claims, page) == name then return 1 end
redis.call('HSET', claims, name, page)
redis.call('EXPIRE', claims, keep)
if redis.call('ZADD', seen, 'NX', now, page) == 1 then
  redis.call('HSET', claims, 'by ' .. page, name)
  return 1
end
return redis.call('HGET', claims, 'by ' .. page) == name and 1 or 0
