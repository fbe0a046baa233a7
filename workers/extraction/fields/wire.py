"""The agency from which the article comes: named as author or source, in the dateline, or in the credit at the end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from schemas.article import Author
from workers.extraction.fields.found import Found
from workers.extraction.reading.document import Document
from workers.extraction.structured.nodes import plain_text
from workers.extraction.structured.site import folded
from workers.extraction.structured.text import visible_text
from workers.extraction.tables import any_of, table

_SOURCE_METAS = ("dc.source", "source", "article:source", "copyright_holder", "syndication-source", "provider")
#: The characters at the beginning and at the end of a text in which agencies sign.
_HEAD, _TAIL = 160, 400
_MARKS = "()[]（）【】/"
#: The most characters of a byline.
_LONGEST = 120
#: The day in a dateline, in any order and language: "Nov 3", "3 nov. 2026".
_DATE = r"(?:\w{2,12}\.?\s\d{1,2}|\d{1,2}\s\w{2,12}\.?)(?:,?\s\d{4})?"


@cache
def _by_name() -> dict[str, str]:
    """Return the agencies' ids by folded name; short Latin names are left out, as their case counts."""
    return {
        folded(name): agency
        for agency, names in table("agencies").items()
        for name in names
        if len(folded(name)) > 4 or not name.isascii()
    }


@cache
def _signatures() -> list[tuple[re.Pattern[str], bool]]:
    """Return the patterns of agencies' signatures, the most trusted first.

    True marks patterns for the beginning of a text, False those for the end of a line. A name in brackets inside a
    sentence is no signature but a party, a state or an airline.
    """
    names = "|".join(re.escape(name) for name in sorted(_ids(), key=len, reverse=True))
    more = r"(?:\s?[/,;|–-]\s?[\w.][\w .]{0,22}[\w.])*"
    bracketed = rf"[(\[（【]\s?(?:[\w .-]{{2,24}}[/,=＝]\s?)??(?P<agency>{names}){more}\s?[)\]）】]"
    dash = r"\s?[.:]{0,2}\s?[-–—―=:]"
    return [
        # PORT HALLAM, Maine (AP) —; МОСКВА, 3 ноября. /ТАСС/.; New Delhi, Nov 3 (PTI) The
        (re.compile(rf"^[^\n(]{{0,60}}{bracketed}(?:{dash}|\.\s)", re.M), True),
        (re.compile(rf"^[^\n(/]{{0,40}}/(?P<agency>{names}){more}/"), True),
        (re.compile(rf"^[\w .-]{{2,30}},\s?{_DATE}\s?{bracketed}"), True),
        (re.compile(rf"^(?:[\w .,-]{{2,40}}[ —–-])?(?P<agency>{names}){more}\s?[-–—]+\s"), True),
        # МОСКВА, 3 ноя — РИА Новости. Совет
        (re.compile(rf"^[\w ,.-]{{2,40}}\s[—–-]\s(?P<agency>{names})[.,]\s"), True),
        # Han, kana and hangul: 新华社北京11月3日电; （中央社記者王小明台北3日電）; 【ロンドン共同】; (서울=연합뉴스)
        (re.compile(rf"^[（(]?(?P<agency>{names})[^\s，。]{{0,24}}[电電]"), True),
        (re.compile(rf"^[【（(\[][^】）)\]\n]{{0,12}}?(?:[=＝]\s?)?(?P<agency>{names})[】）)\]]"), True),
        # (Reuters); （共同）; /ritzau/; © dpa-infocom, dpa:261103-930-123456/1
        (re.compile(rf"(?:{bracketed}|/(?P<slashed>{names})/)\.?\s*$", re.M), False),
        (re.compile(rf"^©\s?(?P<agency>{names})\b[^\n]{{0,60}}$", re.M), False),
        # the last line: РИА Новости
        (re.compile(rf"^(?P<agency>{names})\.?\s*\Z", re.M), False),
    ]


@cache
def _ids() -> dict[str, str]:
    """Return the agencies' ids by name, as written in tables/agencies.toml."""
    return {name: agency for agency, names in table("agencies").items() for name in names}


@cache
def _mention() -> re.Pattern[str]:
    """Compile the pattern of an agency's full name inside a sentence."""
    names = [name for names in table("agencies").values() for name in names if folded(name) in _by_name()]
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(names, key=len, reverse=True)))})(?!\w)", re.I)


def find_wire(
    document: Document, authors: Found[list[Author]] | None, text: str, credits: Sequence[str] = ()
) -> Found[str] | None:
    """Return the agency's id (tables/agencies.toml); `credits` are the lines that the body stage took for credits."""
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
    for signature, begins in _signatures():
        if match := signature.search(text[:_HEAD] if begins else text[-_TAIL:]):
            return Found(_ids()[next(filter(None, match.groupdict().values()))], "text")
    for element in structured.parts.marked.get("byline", ())[:20]:
        byline = visible_text(element, _LONGEST)[:_LONGEST]
        if agency := agency_of(byline):
            return Found(agency, "html")
        if signed := _signed().search(byline):
            return Found(_by_name()[folded(signed[1])], "html")
    for credit in credits:
        if match := _mention().search(credit):
            return Found(_by_name()[folded(match[0])], "text")
    return None


@cache
def _signed() -> re.Pattern[str]:
    """Compile the pattern of an agency's full name after names: "By LISA GREY and MARY ANN BOYLE Associated Press"."""
    names = [name for names in table("agencies").values() for name in names if " " in name]
    return re.compile(rf"\w\s({any_of(name for name in names if folded(name) in _by_name())})\s*$")


@cache
def _joints() -> re.Pattern[str]:
    """Compile the pattern of separators between names."""
    return re.compile(rf"(?:(?<!\s)\s+)?[/;,|]\s*|(?<!\s)\s+{any_of(table('bylines')['between']['words'])}\s+")


@cache
def _source() -> re.Pattern[str]:
    """Compile the pattern of a label before an agency's name."""
    return re.compile(rf"^{any_of(table('bylines')['source']['labels'])}\s*[:：]\s*", re.I)


def agency_of(name: str) -> str | None:
    """Return the id of the agency called `name`, alone or with an editor's initials ("dpa/lno")."""
    for part in _joints().split(name.strip(_MARKS + " ")):
        part = _source().sub("", part)
        if part in _ids():
            return _ids()[part]
        if agency := _by_name().get(folded(part)):
            return agency
    return None
