"""RSS 0.9x to 2.0, RSS 1.0, Atom 0.3 and 1.0 to candidates, by feedparser; JSON Feed by `json_feed`.

feedparser rather than fastfeedparser: on feeds with an unescaped `&` in a link the latter returns another URL
(`?x=1=2` for `?x=1&y=2`), and a feed is parsed once where a page costs ten times as much.
"""

from __future__ import annotations

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

#: Entries taken from one feed: a feed with more is an archive, whose newest come first.
MOST_ENTRIES = 5000
#: As much of a feed is read (bytes); one of a thousand whole articles is smaller.
_MOST_BYTES = 8 * 1024 * 1024
#: Longest hint (characters); a longer title is a broken one.
_MOST_HINT = 500
_MOST_TAGS = 30
#: `jane@example.com (Jane Roe)`, the form of RSS 2.0.
_IN_BRACKETS = re.compile(r"\(([^)]+)\)?\s*$")


def read_feed(body: bytes, url: str, content_type: str | None = None) -> Listing:
    """The entries of the feed in `body`, which came from `url`; not `valid` when it is no feed."""
    text = as_utf8(body[:_MOST_BYTES], content_type)
    if looks_like_json(text):
        return read_json_feed(text, url)
    import feedparser  # here: the first request of a crawl should not wait for it

    try:
        feed = feedparser.parse(
            text,
            response_headers={"content-location": url, "content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception:  # its parser for broken feeds raises what it likes on very broken ones
        logger.debug("feedparser cannot read %r", url, exc_info=True)
        return Listing(valid=False)
    version = feed.get("version") or ""
    listing = Listing(valid=bool(version))
    if not version:  # HTML: feedparser finds no entries in it
        return listing
    language = feed.feed.get("language")
    atom = version.startswith("atom")
    for entry in feed.entries[:MOST_ENTRIES]:
        link = _link(entry)
        if link:
            hints = _hints(entry, language, atom)
            when = moment(hints.published) or moment(hints.modified)
            listing.candidates.append(Candidate(url=urljoin(url, link), hints=hints, rank=-(when or 0.0)))
    return listing


def _link(entry: Any) -> str | None:
    """Where the article is: behind a feed proxy the original link, else the link, else an id that is a URL."""
    said = entry.get("feedburner_origlink") or entry.get("pheedo_origlink") or entry.get("link")
    if not said and str(entry.get("id") or "").startswith(("http://", "https://")):
        said = entry.id
    return str(said).strip() or None if said else None


def _hints(entry: Any, language: str | None, atom: bool) -> Hints:
    # dict.get: feedparser's own answers `updated` with `published` where there is none
    published, updated = dict.get(entry, "published"), dict.get(entry, "updated")
    if not published and not atom:  # dc:date of RSS is the day it came out
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


def _author(said: Any) -> str:
    """The name alone. Beside an address feedparser leaves of it what its pattern does not take as one: `ple (Jane`."""
    name = str(said.get("name") or "")
    if said.get("email") or "@" in name:
        found = _IN_BRACKETS.search(name)
        name = found[1] if found else name if " " in name.strip() and "@" not in name else ""
    return one_line(name)


def plain(title: Any) -> str | None:
    """A title without markup, on one line; None when nothing is left."""
    text = str(title or "")[: 4 * _MOST_HINT]
    if "<" in text or "&" in text:
        try:
            text = "".join(map(str, html.fromstring(f"<p>{text}</p>").itertext()))
        except (etree.ParserError, ValueError):
            text = ""
    return _short(text)


def _short(text: Any) -> str | None:
    return one_line(str(text or ""))[:_MOST_HINT].strip() or None
