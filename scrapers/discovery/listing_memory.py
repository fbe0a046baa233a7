"""What autodiscovery found of a source's listings, remembered between crawls, and forgotten when it has died.

A listing that failed in three crawls one after the other is dead. When nothing is left alive, the well-known paths
are tried again at the next crawl; otherwise not before a week has passed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Literal

import orjson
from redis import Redis

from schemas.store.keys import found_key

ListingKind = Literal["feed", "sitemap", "section"]

#: Crawls in a row in which a listing may fail.
_MOST_FAILURES = 3
#: The well-known paths are tried this often at the most (s).
_PROBE_EVERY = 7 * 86400.0
#: Listings remembered for a source.
_MOST_LISTINGS = 200
#: A source that is not crawled is forgotten after this (s).
_REMEMBER = 400 * 86400
_PROBED = b"probed"


@dataclass
class Known:
    """A listing with the number of crawls in a row in which it failed."""

    kind: ListingKind
    failures: int = 0


class ListingMemory:
    """The memory of one source; every method is one or two round trips, so call them off the reactor's thread."""

    def __init__(self, redis: Redis, source_id: str) -> None:
        self._redis = redis
        self._key = found_key(source_id)
        self._known: dict[str, Known] = {}
        self._probed = 0.0

    def load(self) -> None:
        """Read what is remembered."""
        remembered: dict[Any, Any] = self._redis.hgetall(self._key)
        for name, value in remembered.items():
            if name == _PROBED:
                self._probed = float(value)
            else:
                said = orjson.loads(value)
                self._known[name.decode()] = Known(said["kind"], said["failures"])

    def of_kind(self, kind: ListingKind) -> list[str]:
        """The remembered listings of `kind`."""
        return [url for url, known in self._known.items() if known.kind == kind]

    def alive(self, url: str, kind: ListingKind) -> None:
        """`url` answered as a listing of `kind`."""
        known = self._known.get(url)
        if known == Known(kind) or (known is None and len(self._known) >= _MOST_LISTINGS):
            return
        self._store(url, Known(kind))

    def failed(self, url: str) -> None:
        """`url`, if it is remembered, did not answer, or is no listing any more."""
        known = self._known.get(url)
        if known is None:
            return
        known.failures += 1
        if known.failures < _MOST_FAILURES:
            self._store(url, known)
            return
        del self._known[url]
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.hdel(self._key, url)
            pipe.hdel(self._key, _PROBED)
            pipe.execute()
        self._probed = 0.0

    def may_probe(self) -> bool:
        """Whether the well-known paths may be tried now; if so, it counts as done."""
        now = time.time()
        if now - self._probed < _PROBE_EVERY:
            return False
        self._probed = now
        self._redis.hset(self._key, _PROBED, now)
        self._redis.expire(self._key, _REMEMBER)
        return True

    def _store(self, url: str, known: Known) -> None:
        self._known[url] = known
        self._redis.hset(self._key, url, orjson.dumps({"kind": known.kind, "failures": known.failures}))
        self._redis.expire(self._key, _REMEMBER)
