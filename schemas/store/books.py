"""The books of a source: counters in Valkey by which every URL ever discovered is accounted for.

discovered = emitted + updated + unchanged + duplicates + rejected + quarantined + in flight

URLs and pages in flight wait in the frontier (todo), are leased by a spider, or are pending at the workers. A counter
moves in the same Lua script as the page, so the books balance at every moment, whichever process dies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import orjson
from redis import Redis

from schemas.store.keys import SOURCES, books_key, frontier_key

DISCOVERED = "discovered"
#: URLs that spiders found: moved by nothing else, so a smaller number shows a server that lost its last writes.
HISTORY = "history"
#: Pages handed over by spiders, with any result.
FETCHED = "fetched"
#: First revisions.
EMITTED = "emitted"
#: Later revisions with withdrawals, and the withdrawals among them.
UPDATED = "updated"
WITHDRAWN = "withdrawn"
#: Articles fetched again without a change.
UNCHANGED = "unchanged"
DUPLICATES = "duplicates"
QUARANTINED = "quarantined"
PENDING_COUNT = "pending"
REJECTED_PREFIX = "rejected:"
#: Sources read in a single transaction.
_AT_ONCE = 200


def reject_counter(reason: str) -> str:
    """Return the counter for a reject with this reason; twins have a counter of their own."""
    return DUPLICATES if reason == "duplicate" else REJECTED_PREFIX + reason


@dataclass(frozen=True)
class Books:
    """The counters of a source, or of all sources (`source_id` `*`)."""

    source_id: str
    discovered: int
    fetched: int
    emitted: int
    updated: int
    withdrawn: int
    unchanged: int
    duplicates: int
    rejected: dict[str, int]
    quarantined: int
    todo: int
    leased: int
    pending: int

    @property
    def in_flight(self) -> int:
        """The number of URLs and pages without a result yet."""
        return self.todo + self.leased + self.pending

    @property
    def ended(self) -> int:
        """The number of URLs and pages with a result."""
        done = self.emitted + self.updated + self.unchanged + self.duplicates + self.quarantined
        return done + sum(self.rejected.values())

    @property
    def gap(self) -> int:
        """The number of URLs missing from the sum (positive) or too many (negative); 0 when the books balance."""
        return self.discovered - self.ended - self.in_flight

    def since(self, start: Books) -> Books:
        """Return the counts since `start`; todo, leased and pending are those of now."""
        return Books(
            source_id=self.source_id,
            discovered=self.discovered - start.discovered,
            fetched=self.fetched - start.fetched,
            emitted=self.emitted - start.emitted,
            updated=self.updated - start.updated,
            withdrawn=self.withdrawn - start.withdrawn,
            unchanged=self.unchanged - start.unchanged,
            duplicates=self.duplicates - start.duplicates,
            rejected={
                reason: count - start.rejected.get(reason, 0)
                for reason, count in self.rejected.items()
                if count > start.rejected.get(reason, 0)
            },
            quarantined=self.quarantined - start.quarantined,
            todo=self.todo,
            leased=self.leased,
            pending=self.pending,
        )


def read_books(redis: Redis, source_id: str) -> Books:
    """Return the books of a source, read at a single moment."""
    return next(read_many(redis, [source_id]))


def read_many(redis: Redis, source_ids: Sequence[str]) -> Iterator[Books]:
    """Yield the books of each of `source_ids`, each source's books read at a single moment."""
    for start in range(0, len(source_ids), _AT_ONCE):
        batch = source_ids[start : start + _AT_ONCE]
        with redis.pipeline(transaction=True) as pipe:
            for source_id in batch:
                pipe.hgetall(books_key(source_id))
                for part in ("todo", "waiting", "leased"):
                    pipe.zcard(frontier_key(source_id, part))
            answers = pipe.execute()
        for number, source_id in enumerate(batch):
            yield _books(source_id, *answers[4 * number : 4 * number + 4])


def _books(source_id: str, counters: dict[bytes, bytes], todo: int, waiting: int, leased: int) -> Books:
    counts = {name.decode(): int(count) for name, count in counters.items()}
    return Books(
        source_id=source_id,
        discovered=counts.get(DISCOVERED, 0),
        fetched=counts.get(FETCHED, 0),
        emitted=counts.get(EMITTED, 0),
        updated=counts.get(UPDATED, 0),
        withdrawn=counts.get(WITHDRAWN, 0),
        unchanged=counts.get(UNCHANGED, 0),
        duplicates=counts.get(DUPLICATES, 0),
        rejected={
            name.removeprefix(REJECTED_PREFIX): count
            for name, count in sorted(counts.items())
            if name.startswith(REJECTED_PREFIX)
        },
        quarantined=counts.get(QUARANTINED, 0),
        todo=todo + waiting,
        leased=leased,
        pending=counts.get(PENDING_COUNT, 0),
    )


def all_sources(redis: Redis) -> list[str]:
    """Return the ids of all sources with books."""
    return sorted(member.decode() for member in redis.smembers(SOURCES) if isinstance(member, bytes))


def total(books: list[Books]) -> Books:
    """Return the sum of several sources' books."""
    rejected: dict[str, int] = {}
    for source in books:
        for reason, count in source.rejected.items():
            rejected[reason] = rejected.get(reason, 0) + count
    return Books(
        source_id="*",
        discovered=sum(b.discovered for b in books),
        fetched=sum(b.fetched for b in books),
        emitted=sum(b.emitted for b in books),
        updated=sum(b.updated for b in books),
        withdrawn=sum(b.withdrawn for b in books),
        unchanged=sum(b.unchanged for b in books),
        duplicates=sum(b.duplicates for b in books),
        rejected=rejected,
        quarantined=sum(b.quarantined for b in books),
        todo=sum(b.todo for b in books),
        leased=sum(b.leased for b in books),
        pending=sum(b.pending for b in books),
    )


def as_line(books: Books) -> str:
    """Return `books` as a line of JSON, with the number in flight and the gap."""
    return orjson.dumps(asdict(books) | {"in_flight": books.in_flight, "gap": books.gap}).decode()
