"""Health marks of a source, and the ends of a crawl, as Valkey stores them (health_key and crawled_key)."""

from __future__ import annotations

from enum import StrEnum


class HealthMark(StrEnum):
    """A field of a source's health; the field is there only while the trouble lasts, and the value names the cause."""

    #: The home page cannot be fetched.
    HOME_ERROR = "home_error"
    #: A host refuses our requests.
    BLOCKED = "blocked"
    #: A robots.txt cannot be fetched, so nothing is fetched from the origin.
    ROBOTS = "robots"
    #: A host asked for a later request.
    WAITING = "waiting"


class CrawlEnd(StrEnum):
    """The end of a crawl: field `outcome` of the crawled hash. Field `detail` holds more, such as an exit status."""

    #: Every candidate was fetched.
    DONE = "done"
    #: The crawl's time was up.
    TIME = "time"
    #: The worker was told to stop.
    STOPPED = "stopped"
    #: The crawl process died.
    DIED = "died"

    @classmethod
    def of(cls, outcome: str) -> CrawlEnd | None:
        """Return the end that `outcome` stands for, None for none. Older hashes hold the detail here, after "died"."""
        word = outcome.partition(" ")[0]
        return cls(word) if word in cls.__members__.values() else None
