"""Candidates: URLs of probable articles, named by a listing."""

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
    """A URL of a probable article, with the hints of the listing that names the URL.

    `rank` orders the queue, lowest first: negative publication times put the newest first. `tries` counts the failed
    requests. `visit` is the article to fetch again, None for a new URL.
    """

    url: str
    hints: Hints = field(default_factory=Hints)
    rank: float = 0.0
    tries: int = 0
    visit: Visit | None = None

    @cached_property
    def name(self) -> str:
        """The candidate's name in the frontier; computed once, since nothing else about a candidate costs as much."""
        return candidate_name(self.url)

    @property
    def moment(self) -> float | None:
        """The unix time of publication, None when unknown."""
        return -self.rank if self.rank < 0 else None

    @property
    def dated(self) -> bool:
        """Return whether a listing states the time of publication, not only the day."""
        return ":" in (self.hints.published or self.hints.modified or "")

    @property
    def payload(self) -> bytes:
        """The candidate as JSON, for the frontier; without the rank."""
        fields: dict[str, Any] = {"url": self.url}
        if hints := self.hints.model_dump(exclude_defaults=True):
            fields["hints"] = hints
        if self.tries:
            fields["tries"] = self.tries
        if self.visit:
            fields["visit"] = self.visit.model_dump(exclude_none=True)
        return orjson.dumps(fields)

    @classmethod
    def of(cls, payload: bytes) -> Candidate:
        """Return the candidate of `payload`, without a rank: only the frontier holds the rank."""
        fields = orjson.loads(payload)
        visit = Visit.of(fields["visit"]) if "visit" in fields else None
        return cls(
            url=visit.url if visit else fields["url"],
            hints=Hints(**fields.get("hints", {})),
            tries=fields.get("tries", 0),
            visit=visit,
        )


def candidate_name(url: str) -> str:
    """Return the name of `url` in the frontier of its source.

    With 64 bits, two of a million URLs share a name in 1 of 37 million sources.

    Raises:
        ValueError: `url` is no http or https URL.
    """
    return url_name(url).hex()
