"""Texts of the page's head for comparison with the blocks: headlines, descriptions, authors, a stated article text."""

from __future__ import annotations

import html as entities
import re
from dataclasses import dataclass

from lxml.etree import _Element

from schemas.text import one_line
from workers.extraction.fields.found import Metadata
from workers.extraction.reading.document import Document

_TITLES = frozenset(("og:title", "twitter:title", "headline", "dc.title", "title"))
_DESCRIPTIONS = frozenset(("description", "og:description", "twitter:description", "dc.description"))
_SITE_SEPARATOR = re.compile(r"(?<!\s)\s+[|–—·•»-]\s+|(?:(?<!\s)\s+)?(?:\||::)\s*")
_ARTICLE_BODY = re.compile(r'"articleBody"\s*:\s*"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
#: JSON's escapes with a meaning other than the escaped character.
_ESCAPED = {"n": "\n", "r": "\n", "t": " ", "b": " ", "f": "\n"}
_SURROGATES = re.compile("[\ud800-\udfff]+")
_MARKUP = re.compile(r"<[^<>]{1,300}>")


@dataclass(slots=True)
class HeadTexts:
    """Texts without duplicates, empty where the head has none; `sites` are the site's folded names (site_names)."""

    titles: list[str]
    descriptions: list[str]
    authors: list[str]
    article_body: str | None
    sites: frozenset[str] = frozenset()


def read_head_texts(document: Document, metadata: Metadata) -> HeadTexts:
    """Return the head texts of `document`; the values settled in `metadata` come first."""
    titles: dict[str, None] = {}
    descriptions: dict[str, None] = {}
    if metadata.title:
        titles[metadata.title.value] = None
    if metadata.standfirst:
        descriptions[metadata.standfirst.value] = None
    article_body: str | None = None
    for element in document.tree.iter("meta", "title", "script"):
        if element.tag == "meta":
            name = (element.get("property") or element.get("name") or "").lower()
            if name in _TITLES:
                titles[one_line(element.get("content") or "")] = None
            elif name in _DESCRIPTIONS:
                descriptions[one_line(element.get("content") or "")] = None
        elif element.tag == "title":
            for part in _SITE_SEPARATOR.split(one_line(element.text or "")):
                if len(part) > 20:
                    titles[part] = None
        elif article_body is None and (element.get("type") or "").lower() == "application/ld+json":
            article_body = _article_body(element)
    authors = [author.name for author in metadata.authors.value] if metadata.authors else []
    return HeadTexts(
        titles=[title for title in titles if title],
        descriptions=[text for text in descriptions if len(text) > 20],
        authors=authors,
        article_body=article_body,
        sites=document.structured.site_names,
    )


def _article_body(script: _Element) -> str | None:
    """Return `articleBody` of JSON-LD, read without a parser.

    Broken JSON-LD is common, and the rest of the JSON-LD is not needed here.
    """
    text = script.text or ""
    if "articleBody" not in text:
        return None
    longest = max(_ARTICLE_BODY.findall(text), key=len, default="")
    body = _SURROGATES.sub(_paired, _ESCAPE.sub(_unescaped, longest))
    if "&" in body:
        body = entities.unescape(body)
    body = _MARKUP.sub("\n", body)
    return body if len(body) > 200 else None


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else _ESCAPED.get(match[2], match[2])


def _paired(match: re.Match[str]) -> str:
    """Return a character beyond U+FFFF from both halves; a half without the other gives nothing."""
    return match[0].encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
