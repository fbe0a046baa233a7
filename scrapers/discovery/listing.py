"""Listings: the result of reading a feed, a sitemap, a home page or a section page."""

from __future__ import annotations

from dataclasses import dataclass, field

from scrapers.discovery.candidate import Candidate


@dataclass
class Listing:
    """Candidates for articles, and further listings; all URLs are absolute and in the order of the document."""

    candidates: list[Candidate] = field(default_factory=list)
    feeds: list[str] = field(default_factory=list)
    sitemaps: list[str] = field(default_factory=list)
    sections: list[str] = field(default_factory=list)
    #: The next page of the same list.
    next_page: str | None = None
    #: False when the bytes are no listing of the wanted kind, such as a page "not found" with status 200 for a feed.
    valid: bool = True
    #: The reason why the bytes could not be read, for people; empty when the bytes are just another kind.
    problem: str = ""
