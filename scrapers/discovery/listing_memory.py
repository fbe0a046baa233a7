"""The memory of listings found by autodiscovery, kept in Valkey between the crawls of a source.

A listing is dropped after failures in three crawls in a row. The next crawl then tries the well-known paths again;
otherwise these paths are tried at most once a week.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Literal

import orjson
from redis import Redis

from schemas.store.keys import found_key

ListingKind = Literal["feed", "sitemap", "section"]

#: Failed crawls in a row after which a listing is dropped.
_MOST_FAILURES = 3
#: Shortest time between two trials of the well-known paths (s).
_PROBE_EVERY = 7 * 86400.0
#: Most listings kept for a source.
_MOST_LISTINGS = 200
#: Time without a crawl after which a source is forgotten (s).
_REMEMBER = 400 * 86400
_PROBED = b"probed"


@dataclass
class RememberedListing:
    """A listing, with the number of crawls in a row in which the listing failed."""

    kind: ListingKind
    failures: int = 0


class ListingMemory:
    """The memory of a source. A method takes up to two round trips: call methods off the reactor's thread."""

    def __init__(self, redis: Redis, source_id: str) -> None:
        self._redis = redis
        self._key = found_key(source_id)
        self._listings: dict[str, RememberedListing] = {}
        self._probed = 0.0

    def load(self) -> None:
        """Read the memory from Valkey."""
        fields: dict[Any, Any] = self._redis.hgetall(self._key)
        for name, value in fields.items():
            if name == _PROBED:
                self._probed = float(value)
            else:
                listing = orjson.loads(value)
                self._listings[name.decode()] = RememberedListing(listing["kind"], listing["failures"])

    def of_kind(self, kind: ListingKind) -> list[str]:
        """Return the remembered listings of `kind`."""
        return [url for url, listing in self._listings.items() if listing.kind == kind]

    def alive(self, url: str, kind: ListingKind) -> None:
        """Note a listing of `kind` as the answer of `url`."""
        listing = self._listings.get(url)
        if listing == RememberedListing(kind) or (listing is None and len(self._listings) >= _MOST_LISTINGS):
            return
        self._store(url, RememberedListing(kind))

    def failed(self, url: str) -> None:
        """Note an answer of `url` without a listing, or no answer; ignored for a URL outside the memory."""
        listing = self._listings.get(url)
        if listing is None:
            return
        listing.failures += 1
        if listing.failures < _MOST_FAILURES:
            self._store(url, listing)
            return
        del self._listings[url]
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.hdel(self._key, url)
            pipe.hdel(self._key, _PROBED)
            pipe.execute()
        self._probed = 0.0

    def may_probe(self) -> bool:
        """Return whether the well-known paths may be tried now; if so, the trial is noted as done."""
        now = time.time()
        if now - self._probed < _PROBE_EVERY:
            return False
        self._probed = now
        self._redis.hset(self._key, _PROBED, now)
        self._redis.expire(self._key, _REMEMBER)
        return True

    def _store(self, url: str, listing: RememberedListing) -> None:
        self._listings[url] = listing
        self._redis.hset(self._key, url, orjson.dumps({"kind": listing.kind, "failures": listing.failures}))
        self._redis.expire(self._key, _REMEMBER)
