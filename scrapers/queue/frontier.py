"""The durable queue of a source's URLs, with leases (ARCHITECTURE, steps 1 and 2).

A URL is seen once: `discover` puts what is new into todo. `lease` hands it out to the one spider that owns the source;
when that is gone, the next owner finds what was leased in todo again. What is done is acknowledged by the hand-over, in
its own step; what has to wait is put off to a time. Seen URLs are forgotten when no listing has named them for long.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from redis import Redis

from schemas.process.settings import Settings
from schemas.store.books import DISCOVERED
from schemas.store.keys import ARTICLE_PREFIX, SOURCES, books_key, frontier_key, rhythm_key, undated_key, visits_key
from schemas.store.memory import MEMORY
from schemas.store.script import Script
from scrapers.discovery.candidate import Candidate
from scrapers.queue.rhythm import UNDATED, field_of

#: How long it is remembered which candidate reached which (s): longer than any page is under way.
_KEEP_CLAIMS = 7 * 86400
#: New articles without a date are kept by name until the crawl's end, and as long at the most (s).
_KEEP_UNDATED = 86400
#: The share of `seen_days` by which a sighting may be older than it says.
_STALE = 0.01
#: URLs that one script moves at the most, so that none is long.
_AT_ONCE = 1000

# KEYS seen todo candidates books sources rhythm undated; ARGV now source_id keep stale, then name score payload field
# for each candidate: a new article is counted in that field of the rhythm, or is undated until a listing dates it. A
# sighting is put down where the last one was longer ago than `stale` (s): to move in a large sorted set costs most.
_DISCOVER = f"""
local now, new = ARGV[1], 0
for i = 5, #ARGV, 4 do
  local field = ARGV[i + 3]
  local seen = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if not seen then
    redis.call('ZADD', KEYS[1], now, ARGV[i])
    redis.call('ZADD', KEYS[2], ARGV[i + 1], ARGV[i])
    redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 2])
    if field == '{UNDATED}' then
      redis.call('SADD', KEYS[7], ARGV[i])
      redis.call('EXPIRE', KEYS[7], ARGV[3])
    elseif field ~= '' then
      redis.call('HINCRBYFLOAT', KEYS[6], field, 1)
    end
    new = new + 1
  else
    if now - seen > tonumber(ARGV[4]) then redis.call('ZADD', KEYS[1], 'GT', now, ARGV[i]) end
    if field ~= '{UNDATED}' and redis.call('SREM', KEYS[7], ARGV[i]) == 1 and field ~= '' then
      redis.call('HINCRBYFLOAT', KEYS[6], field, 1)
    end
  end
end
if new > 0 then
  redis.call('HINCRBY', KEYS[4], '{DISCOVERED}', new)
  redis.call('SADD', KEYS[5], ARGV[2])
end
return new
"""

# KEYS owner leased todo; ARGV me ttl_ms now
_ACQUIRE = """
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
for _, name in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do redis.call('ZADD', KEYS[3], -ARGV[3], name) end
redis.call('DEL', KEYS[2])
return 1
"""

# KEYS owner; ARGV me ttl_ms
_RENEW = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""

# KEYS owner leased todo; ARGV me now
_QUIT = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
for _, name in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do redis.call('ZADD', KEYS[3], -ARGV[2], name) end
return redis.call('DEL', KEYS[2])
"""

# KEYS owner leased todo candidates waiting; ARGV me now count. What waited goes first: it was taken up before.
_LEASE = f"""
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return {{'', -1}} end
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[5], '-inf', ARGV[2], 'LIMIT', 0, {_AT_ONCE})) do
  redis.call('ZREM', KEYS[5], name)
  redis.call('ZADD', KEYS[3], -ARGV[2], name)
end
local next = redis.call('ZRANGE', KEYS[5], 0, 0, 'WITHSCORES')
local popped = redis.call('ZPOPMIN', KEYS[3], ARGV[3])
local out = {{next[2] or '', redis.call('ZCARD', KEYS[2])}}
for i = 1, #popped, 2 do
  redis.call('ZADD', KEYS[2], ARGV[2], popped[i])
  out[#out + 1] = popped[i]
  out[#out + 1] = redis.call('HGET', KEYS[4], popped[i])
end
return out
"""

# KEYS leased candidates waiting; ARGV name until payload
_DEFER = """
if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('ZADD', KEYS[3], ARGV[2], ARGV[1])
return redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
"""

# KEYS visits todo candidates books sources; ARGV now source_id count. A visit goes by the article's id, which is no
# name of a URL, and before all that is new: a page that has moved is found by its old address first.
_TAKE_VISITS = (
    MEMORY
    + f"""
local taken, due = 0, redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])
for _, each in ipairs(due) do
  local id = hex(each)
  local article = recall('{ARTICLE_PREFIX}' .. id)
  redis.call('ZREM', KEYS[1], each)
  if article.p and redis.call('ZADD', KEYS[2], 'NX', -ARGV[1], id) == 1 then
    local visit = {{id = id, place = hex(article.p)}}
    visit.key, visit.etag, visit.modified = article.k, article.e, article.m
    visit.body, visit.hash = article.d and hex(article.d), article.h and hex(article.h)
    redis.call('HSET', KEYS[3], id, cjson.encode({{visit = visit}}))
    taken = taken + 1
  end
end
if taken > 0 then
  redis.call('HINCRBY', KEYS[4], '{DISCOVERED}', taken)
  redis.call('SADD', KEYS[5], ARGV[2])
end
return {{taken, #due}}
"""
)

# KEYS seen candidates; ARGV limit now. What is still to be fetched is not forgotten.
_FORGET = f"""
local forgotten = 0
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, {_AT_ONCE})) do
  if redis.call('HEXISTS', KEYS[2], name) == 1 then
    redis.call('ZADD', KEYS[1], ARGV[2], name)
  else
    forgotten = forgotten + redis.call('ZREM', KEYS[1], name)
  end
end
return forgotten
"""

# KEYS seen claims; ARGV me other now keep. `claims` says who reached whom: for a while each is remembered both ways.
_LEAN = """
if redis.call('HGET', KEYS[2], ARGV[2]) == ARGV[1] then return 1 end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[4])
if redis.call('ZADD', KEYS[1], 'NX', ARGV[3], ARGV[2]) == 1 then
  redis.call('HSET', KEYS[2], 'by ' .. ARGV[2], ARGV[1])
  return 1
end
return redis.call('HGET', KEYS[2], 'by ' .. ARGV[2]) == ARGV[1] and 1 or 0
"""


class NotOwnerError(RuntimeError):
    """Another spider owns the source now."""


@dataclass(frozen=True)
class Leased:
    """What a lease gave: candidates with their names, how many were leased before it, and the unix time at which the
    next of those that wait is due."""

    candidates: list[tuple[str, Candidate]]
    before: int
    due: float | None


class Frontier:
    """The frontier of one source. `owner` names the spider that uses it; one that is started again keeps its name."""

    def __init__(self, redis: Redis, source_id: str, settings: Settings, owner: str = "") -> None:
        self.source_id = source_id
        self._redis = redis
        self._settings = settings
        self._me = owner
        self._seen, self._todo, self._waiting, self._leased, self._candidates, self._owner = (
            frontier_key(source_id, part) for part in ("seen", "todo", "waiting", "leased", "candidates", "owner")
        )
        scripts = (_DISCOVER, _ACQUIRE, _RENEW, _QUIT, _LEASE, _DEFER, _FORGET, _LEAN)
        discover, acquire, renew, quit_, lease, defer, forget, lean = (Script(redis, each) for each in scripts)
        self._take_visits = Script(redis, _TAKE_VISITS)
        self._discover, self._acquire, self._renew, self._quit = discover, acquire, renew, quit_
        self._lease, self._defer, self._forget, self._lean = lease, defer, forget, lean

    def acquire(self) -> bool:
        """Become the owner, unless another spider is; what an owner before left leased is todo again."""
        args: list[str | float] = [self._me, int(self._settings.lease * 1000), time.time()]
        return bool(self._acquire(keys=[self._owner, self._leased, self._todo], args=args))

    def renew(self) -> bool:
        """Stay the owner for another while; False when another spider has become it."""
        return bool(self._renew(keys=[self._owner], args=[self._me, int(self._settings.lease * 1000)]))

    def quit(self) -> None:
        """Give up ownership; what is leased is todo again."""
        self._quit(keys=[self._owner, self._leased, self._todo], args=[self._me, time.time()])

    def discover(self, candidates: Iterable[Candidate]) -> int:
        """Take in `candidates`; those seen before only stay remembered for longer. Returns how many are new."""
        source_id, now = self.source_id, time.time()
        stale = self._settings.seen_days * 86400 * _STALE
        keys = [self._seen, self._todo, self._candidates, books_key(source_id), SOURCES]
        keys += [rhythm_key(source_id), undated_key(source_id)]
        new = 0
        waiting = iter(candidates)
        while some := list(islice(waiting, _AT_ONCE)):
            args: list[str | bytes | float] = [now, source_id, _KEEP_UNDATED, stale]
            for candidate in some:
                counted_in = field_of(candidate.moment, now, exact=candidate.dated)
                args += [candidate.name, candidate.rank, candidate.payload, counted_in]
            new += int(self._discover(keys=keys, args=args))
        return new

    def take_visits(self, now: float, most: int | None = None) -> int:
        """Make candidates of the articles whose visit is due at `now`, the longest due first; returns how many."""
        keys = [visits_key(self.source_id), self._todo, self._candidates, books_key(self.source_id), SOURCES]
        taken = 0
        while most is None or taken < most:
            count = _AT_ONCE if most is None else min(_AT_ONCE, most - taken)
            some, due = self._take_visits(keys=keys, args=[now, self.source_id, count])
            taken += some
            if due < count:
                break
        return taken

    def lease(self, count: int) -> Leased:
        """At most `count` candidates.

        Raises:
            NotOwnerError: another spider owns the source.
        """
        keys = [self._owner, self._leased, self._todo, self._candidates, self._waiting]
        due, before, *answer = self._lease(keys=keys, args=[self._me, time.time(), count])
        if before < 0:
            raise NotOwnerError(self.source_id)
        pairs = zip(answer[::2], answer[1::2], strict=True)
        out = [(name.decode(), Candidate.of(payload)) for name, payload in pairs]
        return Leased(out, before, float(due) if due else None)

    def defer(self, name: str, candidate: Candidate, until: float) -> None:
        """Put off a leased `candidate` until the unix time `until`."""
        self._defer(keys=[self._leased, self._candidates, self._waiting], args=[name, until, candidate.payload])

    def lean(self, name: str, other: str) -> bool:
        """Let the candidate `name` take the place of `other`: whether it may, because no candidate has been `other`.

        True as well for one that did so before, and where `other` took the place of `name`: two that name each other
        as the original must not both end as duplicates.
        """
        keys = [self._seen, frontier_key(self.source_id, "claims")]
        return bool(self._lean(keys=keys, args=[name, other, time.time(), _KEEP_CLAIMS]))

    def see(self, name: str) -> None:
        """Remember `name` as seen: it is no candidate of its own any more, unless it is one already."""
        self._redis.zadd(self._seen, {name: time.time()}, nx=True)

    def forget_old(self) -> int:
        """Forget URLs not sighted for `seen_days`, some at a time. Returns how many."""
        now = time.time()
        limit = now - self._settings.seen_days * 86400
        return int(self._forget(keys=[self._seen, self._candidates], args=[limit, now]))
