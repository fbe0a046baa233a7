"""RSS and Atom to candidates, by feedparser.

feedparser rather than fastfeedparser: on feeds with an unescaped `&` in a link the latter returns another URL
(`?x=1=2` for `?x=1&y=2`), and a feed is parsed once where a page costs ten times as much.
"""

from __future__ import annotations

import calendar
from typing import Any
from urllib.parse import urljoin

import feedparser

from schemas.page import Hints
from scrapers.discovery.listing import Listing
from scrapers.frontier import Candidate


def read_feed(body: bytes, url: str, content_type: str | None) -> Listing:
    """The entries of the feed in `body`, which came from `url`; none when it is no feed."""
    feed = feedparser.parse(
        body.lstrip(), response_headers={"content-location": url, "content-type": content_type or ""}
    )
    language = feed.feed.get("language")
    listing = Listing()
    for entry in feed.entries:
        link = entry.get("link") or (entry.get("id") if str(entry.get("id", "")).startswith("http") else None)
        if link:
            listing.candidates.append(
                Candidate(url=urljoin(url, link), hints=_hints(entry, language), rank=-_published(entry))
            )
    return listing


def _hints(entry: Any, language: str | None) -> Hints:
    return Hints(
        title=entry.get("title") or None,
        published=entry.get("published") or None,
        modified=entry.get("updated") or None,
        language=language or None,
        tags=[tag.term for tag in entry.get("tags", []) if tag.get("term")],
        authors=[author.name for author in entry.get("authors", []) if author.get("name")],
        origin="feed",
    )


def _published(entry: Any) -> float:
    moment = entry.get("published_parsed") or entry.get("updated_parsed")
    return calendar.timegm(moment) if moment else 0.0
