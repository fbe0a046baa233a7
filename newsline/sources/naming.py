"""Find the name and the language of a site on its home page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any
from urllib.parse import urlsplit

import orjson
from lxml import etree, html

from schemas.encoding.decode import as_utf8
from schemas.languages import language_tag
from schemas.page import Page
from schemas.text import clean_text, one_line

#: Types of schema.org with the name of a site, the likeliest first.
_NAMED = ("NewsMediaOrganization", "WebSite", "Organization")
_BETWEEN = re.compile(r"(?<!\s)\s+[–—·•:-]\s+|(?:(?<!\s)\s+)?[|｜]\s*|:\s+")
#: Greatest length of a name (characters).
_LONGEST = 80


def name_and_language(page: Page) -> tuple[str | None, str | None]:
    """Return the name and the language tag of the site with the home page `page`, None where not declared."""
    body = as_utf8(page.body, page.headers.get("content-type"))
    try:
        tree = html.document_fromstring(body, parser=html.HTMLParser(encoding="utf-8", huge_tree=False))
    except (etree.LxmlError, ValueError, LookupError, AssertionError):
        return None, None
    return _name(tree, page.url), _language(tree)


def _name(tree: Any, url: str) -> str | None:
    for text in (*_metas(tree, "og:site_name"), *_linked_names(tree), *_metas(tree, "application-name")):
        if name := one_line(clean_text(text)):
            return name[:_LONGEST]
    return _of_title(one_line(clean_text(tree.findtext(".//title") or "")), url)


def _of_title(title: str, url: str) -> str | None:
    """Return the part of `title` most like the host's name, or the first part when none is like the name."""
    parts = [part.strip() for part in _BETWEEN.split(title) if part.strip()]
    if not parts:
        return None
    labels = (urlsplit(url).hostname or "").removeprefix("www.").split(".")
    host = max(labels, key=len)

    def likeness(part: str) -> float:
        return SequenceMatcher(None, re.sub(r"\W", "", part.lower()), re.sub(r"\W", "", host)).ratio()

    best = max(parts, key=likeness)
    return (best if likeness(best) >= 0.5 else parts[0])[:_LONGEST]


def _metas(tree: Any, name: str) -> Iterator[str]:
    for element in tree.iter("meta"):
        if name in (element.get("property"), element.get("name")) and element.get("content"):
            yield element.get("content")


def _linked_names(tree: Any) -> list[str]:
    """Return the names in JSON-LD of the organisation or the site, and of nothing else on the page."""
    names: dict[str, str] = {}
    for script in tree.iter("script"):
        if script.get("type") == "application/ld+json" and script.text:
            try:
                data = orjson.loads(script.text)
            except ValueError:
                continue
            for item in _items(data):
                types = item.get("@type")
                for kind in types if isinstance(types, list) else [types]:
                    if isinstance(kind, str) and isinstance(item.get("name"), str):
                        names.setdefault(kind, item["name"])
    return [names[kind] for kind in _NAMED if kind in names]


def _items(data: Any) -> Iterator[dict[str, Any]]:
    for item in data if isinstance(data, list) else [data]:
        if isinstance(item, dict):
            yield item
            yield from _items(item.get("@graph", []))


def _language(tree: Any) -> str | None:
    declarations = [tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang")]
    declarations += [
        element.get("content")
        for element in tree.iter("meta")
        if (element.get("http-equiv") or "").lower() == "content-language" or element.get("property") == "og:locale"
    ]
    return next((tag for text in declarations if text and (tag := language_tag(text))), None)
