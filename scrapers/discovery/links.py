"""Classify links on home and section pages: an article, a section, the next page of the list, or neither.

The shape of the URL counts most, then the place and the text of the link. There are no rules for single sites.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import SplitResult, parse_qsl, unquote

from schemas.urls.words import INDEX, SECTION, SERVICE
from scrapers.discovery.link_words import FACETS, ID_PARAMETERS, NEXT_TEXTS, PAGE_PARAMETERS, PAGE_WORDS


class Leads(StrEnum):
    """The target of a link."""

    ARTICLE = "article"
    SECTION = "section"
    NEXT = "next"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a link on the page."""

    navigation: bool = False
    footer: bool = False
    heading: bool = False
    teaser: bool = False


#: Suffixes of files that are no pages.
_FILES = re.compile(
    r"\.(?:jpe?g|png|gif|webp|avif|svg|ico|bmp|tiff?|css|js|mjs|map|pdf|docx?|xlsx?|pptx?|odt|epub|csv|txt|zip|gz|rar|7z|exe"
    r"|apk|dmg|mp[34]|m4[av]|mov|avi|webm|og[gv]|wav|m3u8?|xml|json|rss|atom|rdf|ics|woff2?|ttf)$",
    re.I,
)
_PAGE_SUFFIX = re.compile(r"\.(?:html?|xhtml|php|aspx?|jsp|cfm|cms|do|ece|story|article|news|amp)\d*$", re.I)
#: /2025/11/ or /2025-11-03/ followed by more.
_DATE_AND_MORE = re.compile(
    r"/(?:19|20)\d{2}(?:[/_-](?:\d{1,2}|[a-z]{3,9}))(?:[/_-]\d{1,2})?/[^/]*[^\W\d_]|/(?:19|20)\d{6}/[^/]+", re.I
)
#: A date at the end: an archive, of which there is another for every day of the past.
_CALENDAR = re.compile(
    r"/(?:19|20)\d{2}(?:[/_-](?:\d{1,2}|[a-z]{3,9}))?(?:[/_-]\d{1,2})?(?:/(?:page/\d+/?)?)?(?:index\.\w+)?$", re.I
)
_NUMBER = re.compile(r"(?<!\d)\d{4,}(?!\d)")
_YEAR = re.compile(r"^(?:19|20)\d{2}$")
_HASH = re.compile(r"(?:^|[-_.])(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,}$", re.I)
_SLUG_PARTS = re.compile(r"[-_]+")
_PAGE_NUMBER = re.compile(
    rf"(?:^|/){PAGE_WORDS}[/_-]?(\d{{1,5}})/?$|[?&](?:{'|'.join(sorted(PAGE_PARAMETERS))})=(\d+)", re.I
)
#: Scripts without spaces between words: titles are recognised by the number of characters.
_DENSE = re.compile(r"[\u0e00-\u0e7f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")

#: Score from which a link leads to an article.
_PROOF = 3
#: Fewest words of a headline, and fewest characters in a script without spaces.
_HEADLINE_WORDS, _HEADLINE_DENSE = 4, 10
#: Greatest length of a menu item (words, characters, characters of a script without spaces).
_MENU_WORDS, _MENU_LENGTH, _MENU_DENSE = 3, 30, 8
#: Most path segments of a section: /sport/, /news/world/, /category/world/europe/.
_SECTION_SEGMENTS = 3


def classify_link(parts: SplitResult, text: str, place: Place, rel: str = "") -> Leads:
    """Return the target of the link to `parts` (absolute, on this site) with the anchor text `text`."""
    path = unquote(parts.path)
    segments = [segment for segment in path.lower().split("/") if segment]
    if _FILES.search(path):
        return Leads.NEITHER
    if _is_next(parts, text, rel):
        return Leads.NEXT
    if not segments and not parts.query:
        return Leads.NEITHER
    query = {name.lower() for name, _ in parse_qsl(parts.query)}
    shape = _shape(path, segments, query)
    if _is_service(segments) or _is_calendar(path, segments):
        return Leads.ARTICLE if shape >= _PROOF and len(segments) > 1 and _words(text) >= 1 else Leads.NEITHER
    if (page_number(parts) or any(map(_is_facet, query))) and not query & ID_PARAMETERS:
        return Leads.NEITHER
    if any(segment in INDEX for segment in segments):
        return Leads.ARTICLE if shape >= _PROOF and _words(text) >= 1 else Leads.NEITHER
    score = shape + _words(text) + _position(place)
    if score >= _PROOF:
        return Leads.ARTICLE
    return Leads.SECTION if _is_section(segments, query, text, place) else Leads.NEITHER


def article_shaped(parts: SplitResult) -> bool:
    """Return whether the URL alone has the shape of an article's URL."""
    path = unquote(parts.path)
    segments = [segment for segment in path.lower().split("/") if segment]
    query = {name.lower() for name, _ in parse_qsl(parts.query)}
    if page_number(parts) and not query & ID_PARAMETERS:
        return False
    shape = _shape(path, segments, query)
    if _is_service(segments) or _is_calendar(path, segments) or any(segment in INDEX for segment in segments):
        return shape >= _PROOF and len(segments) > 1
    return shape >= _PROOF - 1


def page_number(parts: SplitResult) -> int | None:
    """Return the page number of a list in the URL: /page/3/, ?page=3."""
    match = _PAGE_NUMBER.search(parts.path + ("?" + parts.query if parts.query else ""))
    # longer numbers are articles: ?p=4711 is a short link of WordPress
    return int(match[1] or match[2]) if match and len(match[1] or match[2]) <= 3 else None


def _is_facet(name: str) -> bool:
    return name in FACETS or name.endswith(("date", "month", "year", "day", "[]"))


def _is_service(segments: list[str]) -> bool:
    bare = [_PAGE_SUFFIX.sub("", segment) for segment in segments]
    if not bare:
        return False
    return bare[0] in SERVICE or (bare[-1] in SERVICE and len(bare) <= 2)


def _is_next(parts: SplitResult, text: str, rel: str) -> bool:
    if page_number(parts) is None:  # rel=next on an article leads to the next article
        return False
    return "next" in rel.split() or text.strip().lower().strip(".… ") in NEXT_TEXTS


def _is_calendar(path: str, segments: list[str]) -> bool:
    """Return whether the URL is an archive of a day or month; a date after a headline belongs to an article."""
    return bool(_CALENDAR.search(path)) and not any(len(_SLUG_PARTS.split(segment)) > 4 for segment in segments)


def _shape(path: str, segments: list[str], query: set[str]) -> int:
    """Return the score of the URL's shape: 3 proves an article, 0 is neutral, less than 0 speaks against an article."""
    if not segments:
        return 2 if query & ID_PARAMETERS else -1
    score = max(_segment_shape(segment, len(segments)) for segment in segments[-2:])
    if _DATE_AND_MORE.search(path):
        score = _PROOF
    elif len(segments) > 2 and any(_NUMBER.search(part) and not _YEAR.match(part) for part in segments[:-1]):
        score = max(score, 2)
    if query & ID_PARAMETERS:
        score = max(score, 2)
    if _PAGE_SUFFIX.search(segments[-1]):
        score += 1
    return score - _PROOF if segments[0] in SECTION else score


def _segment_shape(segment: str, depth: int) -> int:
    """Return the score of a path segment as the name of an article: a slug of words, a number, a digest."""
    name = _PAGE_SUFFIX.sub("", segment)
    words = [part for part in _SLUG_PARTS.split(name) if part]
    letters = sum(not part.isdigit() for part in words)
    if letters >= 4 or len(words) >= 5 or (_DENSE.search(name) and len(name) >= _HEADLINE_DENSE):
        return _PROOF
    if _HASH.search(name) or any(not _YEAR.match(number) for number in _NUMBER.findall(name)):
        return _PROOF if depth > 1 or letters >= 2 else 2
    return 2 if letters == 3 else 1 if letters == 2 and depth > 1 else 0


def _words(text: str) -> int:
    if _DENSE.search(text):
        length = len(text.replace(" ", ""))
        return 2 if length >= 2 * _HEADLINE_DENSE else 1 if length >= _HEADLINE_DENSE else -1 if length < 6 else 0
    count = len(text.split())
    return 2 if count >= 2 * _HEADLINE_WORDS - 2 else 1 if count >= _HEADLINE_WORDS else -1 if count == 1 else 0


def _position(place: Place) -> int:
    if place.footer or place.navigation:
        return -2
    return 1 if place.heading or place.teaser else 0


def _is_section(segments: list[str], query: set[str], text: str, place: Place) -> bool:
    if query or not segments or len(segments) > _SECTION_SEGMENTS or place.footer or not text:
        return False
    if segments[0] in SECTION:
        return len(segments) > 1
    longest = _MENU_DENSE if _DENSE.search(text) else _MENU_LENGTH
    short = len(text) <= longest and len(text.split()) <= _MENU_WORDS
    return short and (place.navigation or len(segments) == 1) and not any(map(_NUMBER.search, segments))
