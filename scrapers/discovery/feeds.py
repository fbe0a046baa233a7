"""Feeds: read candidates from RSS 0.9x to 2.0, RSS 1.0, Atom 0.3 and 1.0 by feedparser, from JSON Feed by `json_feed`.

feedparser was chosen over the faster fastfeedparser, which returns a wrong URL for an unescaped `&` in a link
(`?x=1=2` for `?x=1&y=2`). Speed counts little here: each page of the feed costs ten times as much.
"""

from __future__ import annotations

import io
import logging
import re
from typing import Any
from urllib.parse import urljoin

from lxml import etree, html

from schemas.encoding.decode import as_utf8
from schemas.page import Hints
from schemas.text import one_line
from scrapers.discovery.candidate import Candidate
from scrapers.discovery.dates import moment
from scrapers.discovery.json_feed import looks_like_json, read_json_feed
from scrapers.discovery.listing import Listing

logger = logging.getLogger(__name__)

#: Entries read from a feed: a longer feed is an archive with the newest entries first.
MOST_ENTRIES = 5000
#: Bytes read from a feed; a feed of a thousand whole articles is smaller.
_MOST_BYTES = 8 * 1024 * 1024
#: Greatest length of a hint (characters); a longer title is broken.
_MOST_HINT = 500
_MOST_TAGS = 30
#: `jane@example.com (Jane Roe)`, the form of RSS 2.0.
_IN_BRACKETS = re.compile(r"\(([^)]+)\)?\s*$")


def read_feed(body: bytes, url: str, content_type: str | None = None) -> Listing:
    """Return the entries of the feed in `body`, which came from `url`; not `valid` for other bytes."""
    text = as_utf8(body[:_MOST_BYTES], content_type)
    if looks_like_json(text):
        return read_json_feed(text, url)
    import feedparser  # here: the first request of a crawl is sent before this import

    try:
        feed = feedparser.parse(
            io.BytesIO(text),  # never the bytes: feedparser would open a file with this name first
            response_headers={"content-location": url, "content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception:  # feedparser raises exceptions of many types on very broken feeds
        logger.debug("feedparser cannot read %r", url, exc_info=True)
        return Listing(valid=False)
    version = feed.get("version") or ""
    listing = Listing(valid=bool(version))
    if not version:  # HTML, in which feedparser finds no entries
        return listing
    language = feed.feed.get("language")
    atom = version.startswith("atom")
    for entry in feed.entries[:MOST_ENTRIES]:
        link = _link(entry)
        if link:
            hints = _hints(entry, language, atom)
            dated = moment(hints.published) or moment(hints.modified)
            listing.candidates.append(Candidate(url=urljoin(url, link), hints=hints, rank=-(dated or 0.0)))
    return listing


def _link(entry: Any) -> str | None:
    """Return the article's URL: the original link behind a feed proxy, else the link, else an id with a URL."""
    link = entry.get("feedburner_origlink") or entry.get("pheedo_origlink") or entry.get("link")
    if not link and str(entry.get("id") or "").startswith(("http://", "https://")):
        link = entry.id
    return str(link).strip() or None if link else None


def _hints(entry: Any, language: str | None, atom: bool) -> Hints:
    # dict.get, because feedparser's own `get` returns `published` for a missing `updated`
    published, updated = dict.get(entry, "published"), dict.get(entry, "updated")
    if not published and not atom:  # dc:date of RSS is the day of publication
        published, updated = updated, None
    authors = [_author(author) for author in entry.get("authors", [])]
    tags = [one_line(str(tag.get("label") or tag.get("term") or "")) for tag in entry.get("tags", [])]
    return Hints(
        title=plain(entry.get("title")),
        published=_short(published),
        modified=_short(updated),
        language=_short(entry.get("language") or language),
        tags=list(dict.fromkeys(tag[:_MOST_HINT] for tag in tags if tag))[:_MOST_TAGS],
        authors=list(dict.fromkeys(name[:_MOST_HINT] for name in authors if name))[:_MOST_TAGS],
        origin="feed",
    )


def _author(author: Any) -> str:
    """Return the name alone, without an e-mail address, of which feedparser leaves remains in the name: `ple (Jane`."""
    name = str(author.get("name") or "")
    if author.get("email") or "@" in name:
        bracketed = _IN_BRACKETS.search(name)
        name = bracketed[1] if bracketed else name if " " in name.strip() and "@" not in name else ""
    return one_line(name)


def plain(title: Any) -> str | None:
    """Return a title without markup on a single line; None when no text is left."""
    text = str(title or "")[: 4 * _MOST_HINT]
    if "<" in text or "&" in text:
        try:
            text = "".join(map(str, html.fromstring(f"<p>{text}</p>").itertext()))
        except (etree.ParserError, ValueError):
            text = ""
    return _short(text)


def _short(text: Any) -> str | None:
    return one_line(str(text or ""))[:_MOST_HINT].strip() or None
