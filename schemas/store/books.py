"""The books of a source: every URL that was ever found is somewhere, and the sums show it.

discovered = emitted + updated + unchanged + duplicates + rejected + quarantined + in flight, where what is in flight
waits in the frontier (todo), is leased by a spider, or is pending at the workers. Each counter moves in the atomic step
that moves the page, so the books close at every moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import orjson
from redis import Redis

from schemas.store.keys import SOURCES, books_key, frontier_key

DISCOVERED = "discovered"
#: Pages that spiders handed over, whatever became of them.
FETCHED = "fetched"
#: First revisions.
EMITTED = "emitted"
#: Later revisions, withdrawals among them; and how many of them were withdrawals.
UPDATED = "updated"
WITHDRAWN = "withdrawn"
#: Articles fetched again and found the same.
UNCHANGED = "unchanged"
DUPLICATES = "duplicates"
QUARANTINED = "quarantined"
PENDING_COUNT = "pending"
REJECTED_PREFIX = "rejected:"
#: Sources whose books are read in one transaction.
_AT_ONCE = 200


def reject_counter(reason: str) -> str:
    """The counter of a reject: twins are counted by themselves."""
    return DUPLICATES if reason == "duplicate" else REJECTED_PREFIX + reason


@dataclass(frozen=True)
class Books:
    """The counters of one source, or of all (`source_id` `*`)."""

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
        """URLs and pages on their way."""
        return self.todo + self.leased + self.pending

    @property
    def ended(self) -> int:
        """URLs and pages that have come to an end."""
        done = self.emitted + self.updated + self.unchanged + self.duplicates + self.quarantined
        return done + sum(self.rejected.values())

    @property
    def gap(self) -> int:
        """0 when the books close; what is missing (positive) or too much (negative) when they do not."""
        return self.discovered - self.ended - self.in_flight

    def since(self, start: Books) -> Books:
        """What was counted after `start`; what is in flight is as it is now."""
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
    """The books of one source, read at one moment."""
    return next(read_many(redis, [source_id]))


def read_many(redis: Redis, source_ids: Sequence[str]) -> Iterator[Books]:
    """The books of each of `source_ids`; those of one source are read at one moment."""
    for start in range(0, len(source_ids), _AT_ONCE):
        some = source_ids[start : start + _AT_ONCE]
        with redis.pipeline(transaction=True) as pipe:
            for source_id in some:
                pipe.hgetall(books_key(source_id))
                for part in ("todo", "waiting", "leased"):
                    pipe.zcard(frontier_key(source_id, part))
            answers = pipe.execute()
        for at, source_id in enumerate(some):
            yield _books(source_id, *answers[4 * at : 4 * at + 4])


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
    """Ids of all sources that have books."""
    return sorted(member.decode() for member in redis.smembers(SOURCES) if isinstance(member, bytes))


def total(books: list[Books]) -> Books:
    """The sum of several sources' books."""
    rejected: dict[str, int] = {}
    for each in books:
        for reason, count in each.rejected.items():
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
    """`books` as one line of JSON, with what is in flight and the gap."""
    return orjson.dumps(asdict(books) | {"in_flight": books.in_flight, "gap": books.gap}).decode()
