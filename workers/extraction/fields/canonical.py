"""The canonical address: `rel=canonical` of page or Link header, or `og:url`, where it can be meant (RFC 6596)."""

from __future__ import annotations

import re

from schemas.timestamp import Origin
from schemas.urls.twins import canonical_url
from workers.extraction.fields.found import Found
from workers.extraction.reading.document import Document

#: `Link: <https://…>; rel="canonical"` (RFC 8288).
_LINK_HEADER = re.compile(r"<([^>]+)>\s*;[^,]*\brel\s*=\s*\"?canonical\"?", re.I)


def find_canonical(document: Document) -> Found[str] | None:
    """The first address that `schemas.urls.twins.canonical_url` believes."""
    if document.url is None:
        return None
    structured = document.structured
    links = [link.get("href") for link in structured.parts.links.get("canonical", ())]
    links += [match[1] for match in _LINK_HEADER.finditer(document.headers.get("link", ""))]
    declared: list[tuple[str | None, Origin]] = [(link, "html") for link in links]
    declared += [(url, "meta") for url in structured.metas("og:url")]
    for each, origin in declared:
        if found := canonical_url(document.url, document.absolute(each)):
            return Found(found, origin)
    return None
