"""JSON Feed 1.0 and 1.1: read candidates (jsonfeed.org/version/1.1)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

import orjson

from schemas.page import Hints
from schemas.text import one_line
from scrapers.discovery.candidate import Candidate
from scrapers.discovery.dates import moment
from scrapers.discovery.listing import Listing

_MOST_ENTRIES = 5000
_MOST_HINT = 500
_MOST_TAGS = 30


def looks_like_json(text: bytes) -> bool:
    """Return whether `text` begins like a JSON object."""
    return text[:1] == b"{"


def read_json_feed(text: bytes, url: str) -> Listing:
    """Return the items of the JSON Feed in `text`; not `valid` for other text."""
    try:
        feed = orjson.loads(text)
    except orjson.JSONDecodeError:
        return Listing(valid=False)
    if not str(feed.get("version") or "").startswith(("https://jsonfeed.org/", "http://jsonfeed.org/")):
        return Listing(valid=False)
    listing = Listing()
    items = feed.get("items")
    for item in items[:_MOST_ENTRIES] if isinstance(items, list) else []:
        if isinstance(item, dict) and (link := _link(item)):
            hints = _hints(item, feed)
            dated = moment(hints.published) or moment(hints.modified)
            listing.candidates.append(Candidate(url=urljoin(url, link), hints=hints, rank=-(dated or 0.0)))
    return listing


def _link(item: dict[str, Any]) -> str | None:
    """Return `url`, else an `id` with a URL; never `external_url`, a page of another site."""
    for name in ("url", "id"):
        link = item.get(name)
        if isinstance(link, str) and (name == "url" or link.startswith(("http://", "https://"))) and link.strip():
            return link.strip()
    return None


def _hints(item: dict[str, Any], feed: dict[str, Any]) -> Hints:
    # version 1.0 has `author`, version 1.1 `authors`; of the item, else of the feed
    authors = item.get("authors") or item.get("author") or feed.get("authors") or feed.get("author") or []
    names = [author.get("name") for author in _list(authors) if isinstance(author, dict)]
    return Hints(
        title=_text(item.get("title")),
        published=_text(item.get("date_published")),
        modified=_text(item.get("date_modified")),
        language=_text(item.get("language") or feed.get("language")),
        tags=_texts(_list(item.get("tags"))),
        authors=_texts(names),
        origin="feed",
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def _texts(values: list[Any]) -> list[str]:
    return list(dict.fromkeys(text for value in values if (text := _text(value))))[:_MOST_TAGS]


def _text(value: Any) -> str | None:
    return (one_line(value)[:_MOST_HINT].strip() or None) if isinstance(value, str) else None
