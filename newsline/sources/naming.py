"""What a site calls itself, and in which language it says to be: from its home page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any
from urllib.parse import urlsplit

import orjson
from lxml import etree, html

from schemas.encoding.decode import as_utf8
from schemas.page import Page
from schemas.text import clean_text, one_line

_LANGUAGE = re.compile(r"^[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*$")
#: schema.org's types of what has a site's name, the likeliest first.
_NAMED = ("NewsMediaOrganization", "WebSite", "Organization")
_BETWEEN = re.compile(r"\s+[–—·•:-]\s+|\s*[|｜]\s*|:\s+")
_LONGEST = 80


def name_and_language(page: Page) -> tuple[str | None, str | None]:
    """Name and language tag of the site whose home page this is; None where it does not say."""
    body = as_utf8(page.body, page.headers.get("content-type"))
    try:
        tree = html.document_fromstring(body, parser=html.HTMLParser(encoding="utf-8", huge_tree=False))
    except (etree.LxmlError, ValueError, LookupError, AssertionError):
        return None, None
    return _name(tree, page.url), _language(tree, page)


def _name(tree: Any, url: str) -> str | None:
    said = [*_metas(tree, "og:site_name"), *_linked_names(tree), *_metas(tree, "application-name")]
    for name in said:
        if name := one_line(clean_text(name)):
            return name[:_LONGEST]
    return _of_title(one_line(clean_text(tree.findtext(".//title") or "")), url)


def _of_title(title: str, url: str) -> str | None:
    """The part of `title` that is most like the host's name; the first where none is."""
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
    """The names in JSON-LD of the organisation or site, not of anything else on the page."""
    found: dict[str, str] = {}
    for script in tree.iter("script"):
        if script.get("type") == "application/ld+json" and script.text:
            try:
                said = orjson.loads(script.text)
            except ValueError:
                continue
            for item in _items(said):
                kinds = item.get("@type")
                for kind in kinds if isinstance(kinds, list) else [kinds]:
                    if isinstance(kind, str) and isinstance(item.get("name"), str):
                        found.setdefault(kind, item["name"])
    return [found[kind] for kind in _NAMED if kind in found]


def _items(said: Any) -> Iterator[dict[str, Any]]:
    for each in said if isinstance(said, list) else [said]:
        if isinstance(each, dict):
            yield each
            yield from _items(each.get("@graph", []))


def _language(tree: Any, page: Page) -> str | None:
    said = [tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang")]
    said += [
        element.get("content")
        for element in tree.iter("meta")
        if (element.get("http-equiv") or "").lower() == "content-language" or element.get("property") == "og:locale"
    ]
    for text in said:
        if text and _LANGUAGE.match(text.strip()):
            language, *rest = text.strip().replace("_", "-").split("-")
            return "-".join([language.lower(), *(part.upper() if len(part) == 2 else part for part in rest)])
    return None
