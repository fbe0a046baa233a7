"""The agency that the article comes from: named as author or source, in the dateline, in the credit at the end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from schemas.article import Author
from workers.extraction.document import Document
from workers.extraction.draft import Found
from workers.extraction.structured.nodes import plain_text
from workers.extraction.structured.site import folded
from workers.extraction.structured.text import visible_text
from workers.extraction.tables import table

_SOURCE_METAS = ("dc.source", "source", "article:source", "copyright_holder", "syndication-source", "provider")
_HEAD, _TAIL = 160, 400
_MARKS = "()[]（）【】/"


@cache
def _by_name() -> dict[str, str]:
    return {
        folded(name): agency
        for agency, names in table("agencies").items()
        for name in names
        if len(folded(name)) > 4 or not name.isascii()
    }


@cache
def _signature() -> re.Pattern[str]:
    """A dateline or credit: the agency in brackets or parted by slashes, as agencies sign."""
    one = "|".join(re.escape(name) for name in sorted(_ids(), key=len, reverse=True))
    more = r"(?:\s?[/,;–-]\s?[\w .]{2,24})*"
    bracketed = rf"[(\[（【/]\s?(?P<credit>{one}){more}\s?[)\]）】/]"
    dateline = rf"^(?:[\w .,\-]{{2,40}}\s)?[(\[]?\s?(?P<dateline>{one}){more}\s?[)\]]?\s?[-–—]+\s"
    return re.compile(f"{bracketed}|{dateline}")


@cache
def _ids() -> dict[str, str]:
    return {name: agency for agency, names in table("agencies").items() for name in names}


@cache
def _mention() -> re.Pattern[str]:
    """An agency's full name inside a sentence."""
    names = [name for names in table("agencies").values() for name in names if folded(name) in _by_name()]
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(names, key=len, reverse=True)))})(?!\w)", re.I)


def find_wire(
    document: Document, authors: Found[list[Author]] | None, text: str, credits: Sequence[str] = ()
) -> Found[str] | None:
    """The id of the agency (see tables/agencies.toml); `credits` are lines that the body stage took for such."""
    structured = document.structured
    for author in authors.value if authors else ():
        if authors and (agency := agency_of(author.name)):
            return Found(agency, authors.origin)
    for key in ("sourceOrganization", "provider", "creditText", "author", "creator"):
        for value in structured.jsonld.all(structured.article, key):
            name = value.get("name") if isinstance(value, dict) else value
            if isinstance(name, str) and (agency := agency_of(plain_text(name))):
                return Found(agency, "json-ld")
    for meta in _SOURCE_METAS:
        for value in structured.parts.meta.get(meta, ()):
            if agency := agency_of(value):
                return Found(agency, "meta")
    for part in (text[:_HEAD], text[-_TAIL:]):
        if match := _signature().search(part):
            return Found(_ids()[match["credit"] or match["dateline"]], "text")
    for element in structured.parts.marked.get("byline", ())[:20]:
        if agency := agency_of(visible_text(element, 60)):
            return Found(agency, "html")
    for credit in credits:
        if match := _mention().search(credit):
            return Found(_by_name()[folded(match[0])], "text")
    return None


def agency_of(name: str) -> str | None:
    """The agency that `name` is, alone or with the initials of who edited ("dpa/lno")."""
    for part in re.split(r"\s*[/;,]\s*|\s+(?:and|und|et|y|e)\s+", name.strip(_MARKS + " ")):
        if part in _ids():
            return _ids()[part]
        if agency := _by_name().get(folded(part)):
            return agency
    return None
