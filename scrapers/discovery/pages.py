"""Home and section pages: the feeds they name and the links that look like articles."""

from __future__ import annotations

import re
from urllib.parse import urldefrag, urljoin, urlsplit

from lxml import etree, html

from scrapers.discovery.listing import Listing
from scrapers.frontier import Candidate

_FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json"})
_FILES = re.compile(r"\.(?:jpe?g|png|gif|webp|svg|ico|css|js|pdf|zip|mp[34]|xml|json|rss|atom)$", re.I)
#: A path that names one thing: a date, a number of four digits, or a slug of four words.
_ARTICLE_PATH = re.compile(r"/\d{4}/\d{1,2}/|\d{4,}|(?:[^\W_]+[-_]){3,}[^\W_]+")


def read_page(body: bytes, url: str, encoding: str | None) -> Listing:
    """What the page in `body` links to on its own site."""
    listing = Listing()
    parser = html.HTMLParser(encoding=encoding or "utf-8")
    try:
        tree = html.document_fromstring(body, parser=parser)
    except (etree.ParserError, ValueError, LookupError):
        return listing
    base = url
    for element in tree.iter("base", "link", "a"):
        href = (element.get("href") or "").strip()
        if not href:
            continue
        try:
            link = urldefrag(urljoin(base, href)).url
            parts = urlsplit(link)
        except ValueError:
            continue
        if element.tag == "base":
            base = link
        elif element.tag == "link":
            if "alternate" in (element.get("rel") or "").lower().split() and element.get("type") in _FEED_TYPES:
                listing.feeds.append(link)
        elif parts.scheme in ("http", "https") and parts.hostname == urlsplit(url).hostname:
            words = len("".join(map(str, element.itertext())).split())
            if link != url and not _FILES.search(parts.path) and (words >= 5 or _ARTICLE_PATH.search(parts.path)):
                listing.candidates.append(Candidate(url=link))
    return listing
