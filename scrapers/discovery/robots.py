"""The `Sitemap:` lines of a robots.txt (sitemaps.org, "Specifying the Sitemap location in your robots.txt file")."""

from __future__ import annotations

import re
from urllib.parse import urljoin

from schemas.encoding.decode import as_utf8
from scrapers.discovery.listing import Listing

_LINE = re.compile(r"^[^\S\n]*+site-?map[^\S\n]*+:[^\S\n]*+(\S+)", re.I | re.M)
_MOST_BYTES = 512 * 1024


def read_robots(body: bytes, url: str) -> Listing:
    """Return the sitemaps named by the robots.txt in `body`; lines may end in CR, LF or both."""
    text = as_utf8(body[:_MOST_BYTES], None).decode("utf-8").replace("\r", "\n")
    listing = Listing(valid="<html" not in text[:1000].lower())
    if listing.valid:
        for link in dict.fromkeys(_LINE.findall(text)):
            try:
                listing.sitemaps.append(urljoin(url, link))
            except ValueError:
                continue
    return listing
