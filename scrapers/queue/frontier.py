"""The frontier: the durable queue of a source's URLs, with leases (docs/architecture.md, steps 1 and 2).

1. `discover` puts each new URL into todo, once.
2. `lease` gives candidates to the spider that owns the source. When the spider dies, todo and leases are durable in
   Valkey; the next owner's `acquire` puts the leased candidates back into todo.
3. The hand-over ends the lease of a finished candidate, in the same script that stores the page.
4. `defer` puts a candidate off to a later time.
5. `forget_old` forgets URLs not named by any listing for `seen_days`.

A server that lost its last writes is consistent in itself, and most is done again: leased candidates, pages not yet
handed over, visits. Only found URLs may be lost, because the spider takes their listings for read. Each answer to
`discover`, `lease` and `quit` therefore has the counter HISTORY; a smaller counter than before calls `on_loss`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from redis import Redis

from schemas.process.settings import Settings
from schemas.store.books import DISCOVERED, HISTORY
from schemas.store.keys import ARTICLE_PREFIX, SOURCES, books_key, frontier_key, rhythm_key, undated_key, visits_key
from schemas.store.memory import MEMORY_LUA
from schemas.store.quarantine import put_candidate_aside
from schemas.store.script import LuaFile, Script
from schemas.text import one_line
from scrapers.discovery.candidate import Candidate
from scrapers.queue.rhythm import UNDATED, field_of

logger = logging.getLogger(__name__)

#: Time for which claims between candidates are remembered (seconds): longer than any page is under way.
_KEEP_CLAIMS = 7 * 86400
#: Names of new articles without a date are kept until the end of the crawl, and at most for this time (seconds).
_KEEP_UNDATED = 86400
#: The share of `seen_days` by which a stored sighting may lag behind.
_STALE = 0.01
#: Most URLs moved by a run of a script, so that each run is short.
_AT_ONCE = 1000

_DISCOVER = LuaFile(__package__, "frontier_discover", DISCOVERED=DISCOVERED, HISTORY=HISTORY, UNDATED=UNDATED)
_ACQUIRE = LuaFile(__package__, "frontier_acquire")
_RENEW = LuaFile(__package__, "frontier_renew")
_QUIT = LuaFile(__package__, "frontier_quit", HISTORY=HISTORY)
_LEASE = LuaFile(__package__, "frontier_lease", AT_ONCE=_AT_ONCE, HISTORY=HISTORY)
_DEFER = LuaFile(__package__, "frontier_defer")
_TAKE_VISITS = LuaFile(
    __package__, "frontier_take_visits", (MEMORY_LUA,), ARTICLE_PREFIX=ARTICLE_PREFIX, DISCOVERED=DISCOVERED
)
_FORGET = LuaFile(__package__, "frontier_forget", AT_ONCE=_AT_ONCE)
_CLAIM = LuaFile(__package__, "frontier_claim")


class NotOwnerError(RuntimeError):
    """Another spider owns the source."""


class WentBackError(RuntimeError):
    """Valkey has lost its last writes, and with them URLs that this spider had found: read the listings again."""


@dataclass(frozen=True)
class Leased:
    """The result of a lease: candidates with their names.

    `already_leased` is the number of candidates leased before. `due` is the unix time of the next waiting candidate.
    """

    candidates: list[tuple[str, Candidate]]
    already_leased: int
    due: float | None


class Frontier:
    """The frontier of a source. `owner` names the spider; a spider started again after a crash keeps the name."""

    #: Called with a WentBackError; the process of a crawl ends here, and the next reads the listings again.
    on_loss: Callable[[WentBackError], None] | None = None

    def __init__(self, redis: Redis, source_id: str, settings: Settings, owner: str = "") -> None:
        self.source_id = source_id
        self._redis = redis
        self._settings = settings
        self._me = owner
        self._history = 0
        self._asking = threading.Lock()  # answers must be compared in the order in which Valkey gave them
        self._seen, self._todo, self._waiting, self._leased, self._candidates, self._owner = (
            frontier_key(source_id, part) for part in ("seen", "todo", "waiting", "leased", "candidates", "owner")
        )
        self._discover, self._take_visits = Script(redis, _DISCOVER), Script(redis, _TAKE_VISITS)
        self._acquire, self._renew, self._quit = Script(redis, _ACQUIRE), Script(redis, _RENEW), Script(redis, _QUIT)
        self._lease, self._defer = Script(redis, _LEASE), Script(redis, _DEFER)
        self._claim, self._forget = Script(redis, _CLAIM), Script(redis, _FORGET)

    def acquire(self) -> bool:
        """Become the owner, unless another spider is; candidates leased by an earlier owner go back into todo."""
        args: list[str | float] = [self._me, int(self._settings.lease * 1000), time.time()]
        return bool(self._acquire(keys=[self._owner, self._leased, self._todo], args=args))

    def renew(self) -> bool:
        """Stay the owner for the time of another lease; return False when another spider has become the owner."""
        return bool(self._renew(keys=[self._owner], args=[self._me, int(self._settings.lease * 1000)]))

    def quit(self) -> None:
        """Give up ownership; leased candidates go back into todo."""
        keys = [self._owner, self._leased, self._todo, books_key(self.source_id)]
        with self._asking:
            self._compare(self._quit(keys=keys, args=[self._me, time.time()]))

    def discover(self, candidates: Iterable[Candidate]) -> int:
        """Put new `candidates` into todo, and refresh the sighting of known candidates; return how many are new."""
        source_id, now = self.source_id, time.time()
        stale = self._settings.seen_days * 86400 * _STALE
        keys = [self._seen, self._todo, self._candidates, books_key(source_id), SOURCES]
        keys += [rhythm_key(source_id), undated_key(source_id)]
        new = 0
        waiting = iter(candidates)
        while batch := list(islice(waiting, _AT_ONCE)):
            args: list[str | bytes | float] = [now, source_id, _KEEP_UNDATED, stale]
            for candidate in batch:
                counted_in = field_of(candidate.moment, now, exact=candidate.dated)
                args += [candidate.name, candidate.rank, candidate.payload, counted_in]
            with self._asking:
                new_in_batch, history = self._discover(keys=keys, args=args)
                self._compare(history, new_in_batch)
            new += new_in_batch
        return new

    def take_visits(self, now: float, most: int | None = None) -> int:
        """Make candidates of the articles with a visit due at `now`, the longest due first; return how many."""
        keys = [visits_key(self.source_id), self._todo, self._candidates, books_key(self.source_id), SOURCES]
        taken = 0
        while most is None or taken < most:
            count = _AT_ONCE if most is None else min(_AT_ONCE, most - taken)
            new, due = self._take_visits(keys=keys, args=[now, self.source_id, count])
            taken += new
            if due < count:
                break
        return taken

    def lease(self, count: int) -> Leased:
        """Lease at most `count` candidates.

        Raises:
            NotOwnerError: another spider owns the source.
            WentBackError: Valkey has lost URLs that this frontier had found, and there is no `on_loss`.
        """
        keys = [self._owner, self._leased, self._todo, self._candidates, self._waiting, books_key(self.source_id)]
        with self._asking:
            history, due, already_leased, *answer = self._lease(keys=keys, args=[self._me, time.time(), count])
            self._compare(history)
        if already_leased < 0:
            raise NotOwnerError(f"another spider owns {self.source_id}")
        pairs = zip(answer[::2], answer[1::2], strict=True)
        return Leased(list(self._readable(pairs)), already_leased, float(due) if due else None)

    def _readable(self, entries: Iterable[tuple[bytes, bytes | None]]) -> Iterator[tuple[str, Candidate]]:
        """Yield the readable candidates of leased `entries` (name and payload); put the others into quarantine."""
        for name, payload in entries:
            try:
                if payload is None:
                    raise ValueError("the payload is missing")
                candidate = Candidate.of(payload)
                if not candidate.url.startswith(("http://", "https://")):
                    raise ValueError("the URL is no http or https URL")
                yield name.decode(), candidate
            except Exception as error:  # whatever stands in Valkey, the other candidates must go on
                text = f"{type(error).__name__}: {one_line(str(error))}"
                logger.error("%s: the candidate %r is put into quarantine: %s", self.source_id, name, text)
                put_candidate_aside(self._redis, self.source_id, name, payload, text, self._me)

    def _compare(self, history: int, found: int = 0) -> None:
        """Compare the counter of an answer with the last answer's; `found` counts the URLs of the answer's own run."""
        earlier, self._history = self._history, history + found
        if history < earlier:
            error = WentBackError(f"Valkey has lost its last writes: {earlier - history} URLs of {self.source_id}")
            if self.on_loss is None:
                raise error
            self.on_loss(error)

    def defer(self, name: str, candidate: Candidate, until: float) -> None:
        """Defer a leased `candidate` to the unix time `until`."""
        self._defer(keys=[self._leased, self._candidates, self._waiting], args=[name, until, candidate.payload])

    def claim(self, name: str, page: str) -> bool:
        """Let the candidate `name` take the place of the page named `page`; return whether the candidate may.

        The candidate may, when
        1. no candidate has been the page, or
        2. the candidate was the first to claim the page, or
        3. the page's own candidate has claimed this candidate: two pages naming each other as the original must not
           both end as duplicates.
        """
        keys = [self._seen, frontier_key(self.source_id, "claims")]
        return bool(self._claim(keys=keys, args=[name, page, time.time(), _KEEP_CLAIMS]))

    def see(self, name: str) -> None:
        """Remember `name` as seen, so that no listing makes a new candidate of the page."""
        self._redis.zadd(self._seen, {name: time.time()}, nx=True)

    def forget_old(self) -> int:
        """Forget URLs without a sighting for `seen_days`, at most a batch; return how many."""
        now = time.time()
        limit = now - self._settings.seen_days * 86400
        return int(self._forget(keys=[self._seen, self._candidates], args=[limit, now]))
