"""What the site calls itself: what has to come off titles, and is nobody's name."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

from workers.extraction.document import Document

_NAME_METAS = (
    "og:site_name", "application-name", "apple-mobile-web-app-title", "al:ios:app_name", "al:android:app_name", "publisher",
    "dc.publisher", "cre", "article_publication_name", "twitter:app:name:iphone", "copyright",
)  # fmt: skip
#: Labels of host names that name no site.
_HOST_WORDS = frozenset(
    "www m mobile amp news en de fr es it blog blogs edition beta com co org net gov edu ac info biz online tv uk us in au".split()
)
_LONGEST = 60


def folded(text: str) -> str:
    """`text` as letters and digits only, for comparison."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())


def site_names(document: Document) -> frozenset[str]:
    """The folded names of the page's site: as metadata and publisher give them, and the labels of its host."""
    structured = document.structured
    names = {value for name in _NAME_METAS for value in structured.parts.meta.get(name, ())}
    for graph, node in ((structured.jsonld, structured.article), (structured.microdata, structured.item)):
        names |= {
            text for holder in graph.all(node, "publisher", "sourceOrganization") if (text := graph.text(holder if isinstance(holder, dict) else {"name": holder}, "name"))
        }
    for node in structured.jsonld.typed("website", "newsmediaorganization"):
        names |= {text for key in ("name", "alternateName") if (text := structured.jsonld.text(node, key))}
    for handle in structured.metas("twitter:site"):
        names.add(handle.lstrip("@"))
    host = (urlsplit(document.url).hostname or "") if document.url else ""
    if host:
        names.add(host)
        names.add(host.removeprefix("www."))
        names |= {label for label in host.split(".") if label not in _HOST_WORDS and len(label) > 2}
    found = {folded(name) for name in names if len(name) <= _LONGEST}
    return frozenset(name for name in found if len(name) > 1)
