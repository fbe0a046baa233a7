"""Visits: articles are fetched again at certain ages. This file has the plan of the visits, and a visit's data.

The time of each next visit stands in a sorted set of the source. The end of a visit plans the next visit in the same
step (visits.lua), at the next of the source's ages; visits missed during a long pause become a single visit. A changing
live blog is visited more often. The last visit clears the fields needed by visits. The same step tells the scheduler
when to look at the source.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from redis import Redis

from schemas.process.settings import Settings, duration
from schemas.record import Hex32, Record
from schemas.source import Source
from schemas.store.keys import VISITING, VISITS_PREFIX, visits_key
from schemas.store.memory import MEMORY_LUA, Step, cleared_by, unpack_place
from schemas.store.script import LuaFile

#: Share of an age over which the visits of that age are spread.
SPREAD = 0.1
#: Visits of a changing live blog before the first ordinary visit.
_LIVE = 12
#: Longest time (s) for which due visits are batched; a crawl for each visit would be a process for each visit.
_GATHER = 300.0
#: Seconds after which due visits of a source without crawls are forgotten.
_UNUSED = 30 * 86400

#: Lua library: `again`.
VISITS_LUA = LuaFile(
    __package__,
    "visits",
    includes=(MEMORY_LUA,),
    LIVE=_LIVE,
    UNUSED=_UNUSED,
    VISITING=VISITING,
    PREFIX_BYTES=len(VISITS_PREFIX),
    FIELDS=cleared_by(Step.LAST_VISIT),
)


class Visit(Record):
    """An article to fetch again, in the state after the last line and the last page."""

    id: Hex32
    url: str
    #: The article's `url_key` where `url` makes another: the article moved, or the canonical address is another.
    key: str | None = None
    title: str
    etag: str | None = None
    modified: str | None = None
    #: The name (hexadecimal) of the page's body (schemas.store.memory.body_name).
    body: str | None = None
    #: The article's `content_hash`; None when the last line is a withdrawal.
    hash: str | None = None

    @classmethod
    def of(cls, fields: dict[str, Any]) -> Visit:
        """Return the visit stored in the frontier; `fields` fresh from Valkey have a packed place."""
        if packed := fields.pop("place", None):
            fields["url"], fields["title"] = unpack_place(bytes.fromhex(packed))
        return cls(**fields)


def ages(source: Source, settings: Settings) -> list[float]:
    """Return the ages (s) at which articles of `source` are fetched again, ascending."""
    return sorted(settings.revisit if source.revisit is None else map(duration, source.revisit))


def gathering(revisit: Sequence[float]) -> float:
    """Return the number of seconds for which due visits of a source with the ages `revisit` (s) are batched."""
    return min(_GATHER, revisit[0] / _LIVE) if revisit else _GATHER


def ages_text(revisit: Sequence[float]) -> str:
    """Return the ages `revisit` (s) in the form of the Lua function `again`."""
    return " ".join(f"{age:g}" for age in revisit)


def next_visit(redis: Redis, source_id: str) -> float | None:
    """Return the unix time of the source's next visit, None when there is none."""
    first: list[Any] = redis.zrange(visits_key(source_id), 0, 0, withscores=True)
    return first[0][1] if first else None
