"""The durable queue of a source's URLs, with leases (ARCHITECTURE, steps 1 and 2).

A URL is seen once: `discover` puts what is new into todo. `lease` hands it out for a while; a lease that runs out, as
those of a killed spider do, makes the URL todo again. What is done is acknowledged by the hand-over, in its own step.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import orjson
from redis import Redis

from schemas.books import DISCOVERED
from schemas.identity import digest
from schemas.keys import SOURCES, books_key, frontier_key
from schemas.page import Hints
from schemas.settings import Settings
from schemas.url_key import url_key

#: 64 bits of the digest name a URL inside its source: among a million URLs two share a name once in 37 million sources.
_NAME_DIGITS = 16
#: Seen URLs that one call forgets at the most, so that no call is long.
_FORGET_AT_ONCE = 1000

# KEYS seen todo candidates books sources; ARGV now source_id, then name score payload for each candidate
_DISCOVER = f"""
local now, new = ARGV[1], 0
for i = 3, #ARGV, 3 do
  if redis.call('ZADD', KEYS[1], 'NX', now, ARGV[i]) == 1 then
    redis.call('ZADD', KEYS[2], ARGV[i + 1], ARGV[i])
    redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 2])
    new = new + 1
  else
    redis.call('ZADD', KEYS[1], 'GT', now, ARGV[i])
  end
end
if new > 0 then
  redis.call('HINCRBY', KEYS[4], '{DISCOVERED}', new)
  redis.call('SADD', KEYS[5], ARGV[2])
end
return new
"""

# KEYS todo leased candidates; ARGV now until count
_LEASE = """
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[1], 'LIMIT', 0, 1000)) do
  redis.call('ZREM', KEYS[2], name)
  redis.call('ZADD', KEYS[1], 0, name)
end
local out = {}
local popped = redis.call('ZPOPMIN', KEYS[1], ARGV[3])
for i = 1, #popped, 2 do
  redis.call('ZADD', KEYS[2], ARGV[2], popped[i])
  out[#out + 1] = popped[i]
  out[#out + 1] = redis.call('HGET', KEYS[3], popped[i])
end
return out
"""

# KEYS todo leased; ARGV names
_RELEASE = """
for _, name in ipairs(ARGV) do
  if redis.call('ZREM', KEYS[2], name) == 1 then redis.call('ZADD', KEYS[1], 0, name) end
end
"""


@dataclass(frozen=True)
class Candidate:
    """A URL that may be an article, and what the place where it was found says of it.

    `rank` orders the queue, lowest first: negative publication times put the newest first.
    """

    url: str
    hints: Hints = field(default_factory=Hints)
    rank: float = 0.0

    @property
    def name(self) -> str:
        """What the frontier calls it."""
        return candidate_name(self.url)


def candidate_name(url: str) -> str:
    """The name of `url` inside its source's frontier.

    Raises:
        ValueError: no http or https URL.
    """
    return digest(url_key(url))[:_NAME_DIGITS]


class Frontier:
    """The frontier of one source."""

    def __init__(self, redis: Redis, source_id: str, settings: Settings) -> None:
        self.source_id = source_id
        self._redis = redis
        self._settings = settings
        self._seen, self._todo, self._leased, self._candidates = (
            frontier_key(source_id, part) for part in ("seen", "todo", "leased", "candidates")
        )
        self._discover = redis.register_script(_DISCOVER)
        self._lease = redis.register_script(_LEASE)
        self._release = redis.register_script(_RELEASE)

    def discover(self, candidates: Iterable[Candidate]) -> int:
        """Take in `candidates`; those seen before only stay remembered for longer. Returns how many are new."""
        args: list[str | bytes | float] = [time.time(), self.source_id]
        for candidate in candidates:
            payload = orjson.dumps({"url": candidate.url, "hints": candidate.hints.model_dump(exclude_defaults=True)})
            args += [candidate.name, candidate.rank, payload]
        if len(args) == 2:
            return 0
        keys = [self._seen, self._todo, self._candidates, books_key(self.source_id), SOURCES]
        return int(self._discover(keys=keys, args=args))

    def lease(self, count: int) -> list[tuple[str, Candidate]]:
        """At most `count` candidates with their names, ours until the lease runs out."""
        now = time.time()
        answer = self._lease(
            keys=[self._todo, self._leased, self._candidates], args=[now, now + self._settings.lease, count]
        )
        out = []
        for name, payload in zip(answer[::2], answer[1::2], strict=True):
            said = orjson.loads(payload)
            out.append((name.decode(), Candidate(url=said["url"], hints=Hints(**said["hints"]))))
        return out

    def renew(self, names: Sequence[str]) -> None:
        """Hold leases that are still ours for another while."""
        if names:
            until = time.time() + self._settings.lease
            self._redis.zadd(self._leased, dict.fromkeys(names, until), xx=True)

    def release(self, names: Sequence[str]) -> None:
        """Give leases back unused."""
        if names:
            self._release(keys=[self._todo, self._leased], args=list(names))

    def forget_old(self) -> int:
        """Forget URLs not sighted for `seen_days`. Returns how many."""
        limit = time.time() - self._settings.seen_days * 86400
        old = self._redis.zrangebyscore(self._seen, "-inf", limit, start=0, num=_FORGET_AT_ONCE)
        return int(self._redis.zrem(self._seen, *old)) if old else 0
