"""JSON Feed 1.0 and 1.1 to candidates (jsonfeed.org/version/1.1)."""

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
    """Whether `text` begins as a JSON object does."""
    return text[:1] == b"{"


def read_json_feed(text: bytes, url: str) -> Listing:
    """The items of the JSON Feed in `text`; not `valid` when it is none."""
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
            when = moment(hints.published) or moment(hints.modified)
            listing.candidates.append(Candidate(url=urljoin(url, link), hints=hints, rank=-(when or 0.0)))
    return listing


def _link(item: dict[str, Any]) -> str | None:
    """`url` is the article; an `id` that is a URL stands in for it; `external_url` is somebody else's page."""
    for name in ("url", "id"):
        said = item.get(name)
        if isinstance(said, str) and (name == "url" or said.startswith(("http://", "https://"))) and said.strip():
            return said.strip()
    return None


def _hints(item: dict[str, Any], feed: dict[str, Any]) -> Hints:
    # 1.0 had one `author`; 1.1 has `authors`, of the item or else of the feed
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


def _list(said: Any) -> list[Any]:
    return said if isinstance(said, list) else [said] if said else []


def _texts(said: list[Any]) -> list[str]:
    return list(dict.fromkeys(text for each in said if (text := _text(each))))[:_MOST_TAGS]


def _text(said: Any) -> str | None:
    return (one_line(said)[:_MOST_HINT].strip() or None) if isinstance(said, str) else None
