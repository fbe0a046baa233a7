"""What a listing (a feed, a sitemap, a home page) gives."""

from __future__ import annotations

from dataclasses import dataclass, field

from scrapers.frontier import Candidate


@dataclass
class Listing:
    """Candidates for articles, and further places to look."""

    candidates: list[Candidate] = field(default_factory=list)
    feeds: list[str] = field(default_factory=list)
    sitemaps: list[str] = field(default_factory=list)
