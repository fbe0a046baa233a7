"""The canonical URL: `rel=canonical` of the page or the Link header, or `og:url`, when plausible (RFC 6596)."""

from __future__ import annotations

import re

from schemas.timestamp import Origin
from schemas.urls.twins import canonical_url
from workers.extraction.fields.found import Found
from workers.extraction.reading.document import Document

#: `Link: <https://…>; rel="canonical"` (RFC 8288).
_LINK_HEADER = re.compile(r"<([^<>]+)>\s*+;[^,<]*\brel\s*=\s*\"?canonical\"?", re.I)


def find_canonical(document: Document) -> Found[str] | None:
    """Return the first declared URL that `schemas.urls.twins.canonical_url` accepts."""
    if document.url is None:
        return None
    structured = document.structured
    links = [link.get("href") for link in structured.parts.links.get("canonical", ())]
    links += [match[1] for match in _LINK_HEADER.finditer(document.headers.get("link", ""))]
    declared: list[tuple[str | None, Origin]] = [(link, "html") for link in links]
    declared += [(url, "meta") for url in structured.metas("og:url")]
    for address, origin in declared:
        if canonical := canonical_url(document.url, document.absolute(address)):
            return Found(canonical, origin)
    return None
