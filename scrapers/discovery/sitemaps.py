"""Sitemaps to candidates and child sitemaps (sitemaps.org; Google News sitemap tags), streamed."""

from __future__ import annotations

import gzip
import io
from datetime import datetime
from urllib.parse import urljoin

from lxml import etree

from schemas.page import Hints
from scrapers.discovery.listing import Listing
from scrapers.frontier import Candidate


def read_sitemap(body: bytes, url: str) -> Listing:
    """The entries of the sitemap or sitemap index in `body`; what is broken after some entries gives those entries."""
    listing = Listing()
    if body[:2] == b"\x1f\x8b":
        body = gzip.decompress(body)
    for _, element in etree.iterparse(
        io.BytesIO(body.lstrip()),
        events=("end",),
        recover=True,
        huge_tree=True,
        resolve_entities=False,
        no_network=True,
    ):
        name = etree.QName(element).localname if isinstance(element.tag, str) else ""
        if name in ("url", "sitemap"):
            said = {etree.QName(e).localname: (e.text or "").strip() for e in element.iter() if isinstance(e.tag, str)}
            if location := said.get("loc"):
                if name == "sitemap":
                    listing.sitemaps.append(urljoin(url, location))
                else:
                    listing.candidates.append(_candidate(urljoin(url, location), said))
            element.clear()
    return listing


def _candidate(url: str, said: dict[str, str]) -> Candidate:
    published = said.get("publication_date")
    hints = Hints(
        title=said.get("title") or None,
        published=published or None,
        modified=said.get("lastmod") or None,
        language=said.get("language") or None,
        origin="sitemap",
    )
    return Candidate(url=url, hints=hints, rank=-_moment(published or said.get("lastmod")))


def _moment(text: str | None) -> float:
    try:
        return datetime.fromisoformat((text or "").replace("Z", "+00:00")).timestamp()
    except (ValueError, OverflowError):
        return 0.0
