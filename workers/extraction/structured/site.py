"""The names of the site, which are removed from titles and are no person's name."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from urllib.parse import urlsplit

from workers.extraction.structured.jsonld import Node
from workers.extraction.structured.nodes import Graph
from workers.extraction.structured.walk import Parts
from workers.extraction.tables import table

#: Labels of host names that name no site.
_HOST_WORDS = frozenset(
    [
        "www",
        "m",
        "mobile",
        "amp",
        "news",
        "en",
        "de",
        "fr",
        "es",
        "it",
        "blog",
        "blogs",
        "edition",
        "beta",
        "com",
        "co",
        "org",
        "net",
        "gov",
        "edu",
        "ac",
        "info",
        "biz",
        "online",
        "tv",
        "uk",
        "us",
        "in",
        "au",
    ]
)
_LONGEST = 60
_NO_LETTERS = re.compile(r"[\W_]+")


def folded(text: str) -> str:
    """Return `text` as letters and digits only, for comparison."""
    return _fold_cached(text) if len(text) <= _LONGEST else _fold(text)


def _fold(text: str) -> str:
    return _NO_LETTERS.sub("", unicodedata.normalize("NFKC", text).casefold())


#: Names and labels return again and again; whole texts would only fill the memory.
_fold_cached = lru_cache(maxsize=2048)(_fold)


def find_site_names(parts: Parts, works: list[tuple[Graph, Node | None]], url: str | None) -> frozenset[str]:
    """Return the folded names of the page's site.

    They come from metadata, from publishers of `works`, and from the labels of the host.
    """
    names = {value for name in table("meta_names")["site"] for value in parts.meta.get(name, ())}
    for graph, work in works:
        for holder in graph.all(work, "publisher", "sourceOrganization"):
            names.add(graph.text(holder if isinstance(holder, dict) else {"name": holder}, "name") or "")
        for node in graph.typed("website", "newsmediaorganization"):
            names |= {graph.text(node, key) or "" for key in ("name", "alternateName")}
    names |= {handle.lstrip("@") for handle in parts.meta.get("twitter:site", ())}
    host = (urlsplit(url).hostname or "") if url else ""
    names |= {host, host.removeprefix("www.")}
    names |= {label for label in host.split(".") if label not in _HOST_WORDS and len(label) > 2}
    short_names = {folded(name) for name in names if len(name) <= _LONGEST}
    # some templates put the headline where the application's name belongs
    headlines = {folded(title) for title in parts.meta.get("og:title", ()) if len(title.split()) > 3}
    return frozenset(name for name in short_names - headlines if len(name) > 1)
