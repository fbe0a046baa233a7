"""A candidate: a URL that a listing names and that may be an article."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson

from schemas.page import Hints
from schemas.store.memory import url_name
from schemas.store.visits import Visit


@dataclass(frozen=True)
class Candidate:
    """A URL that may be an article, and what the place where it was found says of it.

    `rank` orders the queue, lowest first: negative publication times put the newest first. `tries` is how often it was
    asked for in vain. `visit` is the article that is fetched again, None for what is new.
    """

    url: str
    hints: Hints = field(default_factory=Hints)
    rank: float = 0.0
    tries: int = 0
    visit: Visit | None = None

    @cached_property
    def name(self) -> str:
        """What the frontier calls it; worked out once, for it costs more than all else about a candidate."""
        return candidate_name(self.url)

    @property
    def moment(self) -> float | None:
        """Unix time of publication, as far as it can be told."""
        return -self.rank if self.rank < 0 else None

    @property
    def dated(self) -> bool:
        """Whether a listing says the time of publication, not only the day."""
        return ":" in (self.hints.published or self.hints.modified or "")

    @property
    def payload(self) -> bytes:
        """As the frontier keeps it."""
        said: dict[str, Any] = {"url": self.url}
        if hints := self.hints.model_dump(exclude_defaults=True):
            said["hints"] = hints
        if self.tries:
            said["tries"] = self.tries
        if self.visit:
            said["visit"] = self.visit.model_dump(exclude_none=True)
        return orjson.dumps(said)

    @classmethod
    def of(cls, payload: bytes) -> Candidate:
        """The candidate that `payload` was made of; the frontier alone knows its rank."""
        said = orjson.loads(payload)
        visit = Visit.of(said["visit"]) if "visit" in said else None
        return cls(
            url=visit.url if visit else said["url"],
            hints=Hints(**said.get("hints", {})),
            tries=said.get("tries", 0),
            visit=visit,
        )


def candidate_name(url: str) -> str:
    """The name of `url` inside its source's frontier.

    64 bits: among a million URLs two share a name once in 37 million sources.

    Raises:
        ValueError: no http or https URL.
    """
    return url_name(url).hex()
