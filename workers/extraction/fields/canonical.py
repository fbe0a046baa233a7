"""The canonical URL: `rel=canonical` or `og:url`, where it is a page of the same site and not its front page."""

from __future__ import annotations

from urllib.parse import urlsplit

from schemas.site import same_site
from schemas.timestamp import Origin
from workers.extraction.document import Document
from workers.extraction.draft import Found


def find_canonical(document: Document) -> Found[str] | None:
    """The first of them that can be."""
    parts = document.structured.parts
    links: list[tuple[str, Origin]] = [(link.get("href") or "", "html") for link in parts.links.get("canonical", ())]
    links += [(url, "meta") for url in parts.meta.get("og:url", ())]
    for link, origin in links:
        url = document.absolute(link)
        if url is None or (document.url and not same_site(url, document.url)):
            continue
        path = urlsplit(url)
        if path.path.strip("/") or path.query:
            return Found(url, origin)
    return None
