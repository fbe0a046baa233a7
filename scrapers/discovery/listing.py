"""What a listing (a feed, a sitemap, a home or section page) gives."""

from __future__ import annotations

from dataclasses import dataclass, field

from scrapers.discovery.candidate import Candidate


@dataclass
class Listing:
    """Candidates for articles, and further places to look; all URLs absolute, in the order found."""

    candidates: list[Candidate] = field(default_factory=list)
    feeds: list[str] = field(default_factory=list)
    sitemaps: list[str] = field(default_factory=list)
    sections: list[str] = field(default_factory=list)
    #: The next page of the same list.
    next_page: str | None = None
    #: Whether this really was a listing of the kind asked for: a 200 page "not found" is no feed.
    valid: bool = True
