"""Dates that readers see: `<time>`, elements whose class says date, and as a last look every short text of the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta, timezone
from functools import cache
from itertools import pairwise

from lxml import etree, html

from workers.extraction.fields.dates.calendars import eras
from workers.extraction.fields.dates.date_parser import Moment, Order, parse_machine, parse_text
from workers.extraction.fields.title import words
from workers.extraction.reading.document import Document
from workers.extraction.structured.text import visible_text
from workers.extraction.tables import table

_OUTSIDE = frozenset({"nav", "footer", "aside"})
_UNREAD = frozenset({"script", "style", "noscript", "template", "option", "textarea", "title"})
#: A date line with byline and labels is no longer than this.
_LONGEST = 220
#: What a text with a date has in it, in whatever digits; no more than a first sieve.
_YEAR = re.compile(rf"(?:19|20|25)\d\d|[^\x00-\x7f\D]{{4}}|[\u0e01-\u0e2e]\.\s?\d\d(?!\d)|{'|'.join(eras())}")
#: Words in the names of attributes that hold a date, and what a date in one has in it.
_DATA = ("date", "time", "publish")
_MACHINE = re.compile(r"^.{0,24}(?:19|20)\d\d.{0,24}$|^1\d{9}(?:\d{3})?$")
#: How far from UTC clocks are, at most (IANA tz).
_WEST, _EAST = timedelta(hours=-12), timedelta(hours=14)
#: Dates so near to one another have the same offset, but for the weeks around a change of clocks.
_SAME_SEASON = timedelta(days=30)
#: Elements between a headline and what stands beside it, and days by which metadata may be late.
_BESIDE, _FEW_DAYS = 40, 3
#: Words that a headline shares with the page's titles, at least.
_SHARED = 2
#: Offsets of the world's zones that are not whole hours, in minutes (IANA tz).
_ODD_OFFSETS = frozenset({-570, -210, 210, 270, 330, 345, 390, 570, 630, 765})


@dataclass(frozen=True)
class Seen:
    """A visible date; `machine` is the moment in the same element's attribute."""

    moment: Moment | None
    machine: Moment | None
    modified: bool
    element: html.HtmlElement


def marked_dates(document: Document, language: str | None, order: Order) -> list[Seen]:
    """The dates in `<time>` and in elements whose class says date, neighbours left out."""
    parts = document.structured.parts
    found: list[Seen] = []
    for element in parts.times[:30]:
        if _apart(element):
            continue
        text = visible_text(element, _LONGEST)[:_LONGEST]
        machine = parse_machine(element.get("datetime") or "", language, order)
        moment = parse_text(text, language, order)
        if machine or moment:
            found.append(
                Seen(
                    moment,
                    machine,
                    _labelled(text, "modified")
                    or "modified" in (element.get("itemprop") or "").lower()
                    or _says_modified(element),
                    element,
                )
            )
    for element in parts.marked.get("dated", ())[:150]:
        text = visible_text(element, _LONGEST)
        if len(text) > _LONGEST or _apart(element):
            continue
        if not _YEAR.search(text):
            found += _in_attributes(element, text, language, order)
            continue
        for part, modified in _by_label(text):
            if moment := parse_text(part, language, order):
                found.append(Seen(moment, None, modified, element))
    return found


def _in_attributes(element: html.HtmlElement, text: str, language: str | None, order: Order) -> Iterator[Seen]:
    """The date behind a text that has none, such as "2 hours ago": in `title`, or an attribute of the site's own."""
    for name, value in element.items():
        told = name == "title" or (name.startswith("data-") and any(word in name for word in _DATA))
        if told and _MACHINE.search(value) and (moment := parse_machine(value, language, order)):
            yield Seen(None, moment, _labelled(f"{name} {text}", "modified") or _says_modified(element), element)


def _by_label(text: str) -> list[tuple[str, bool]]:
    """The parts of a date line, each from its label on, and whether that says a change; a label may follow its date."""
    labels = list(_labels().finditer(text))
    if not any(label.lastgroup == "modified" for label in labels):
        return [(text, False)]
    starts = [0, *(label.start() for label in labels), len(text)]
    parts = [text[start:end] for start, end in pairwise(starts)]
    kinds = [False, *(label.lastgroup == "modified" for label in labels)]
    if _YEAR.search(parts[0]) and len(labels) == 1 and not _YEAR.search(parts[1]):
        return [(text, True)]
    return list(zip(parts, kinds, strict=True))


@cache
def _labels() -> re.Pattern[str]:
    named = (f"(?P<{kind}>{'|'.join(map(re.escape, words))})" for kind, words in table("date_labels").items())
    return re.compile("|".join(named), re.I)


def _says_modified(element: html.HtmlElement) -> bool:
    name = f"{element.get('class', '')} {element.get('id', '')}".lower()
    return "updat" in name or "modif" in name


def text_dates(document: Document, language: str | None, order: Order) -> Iterator[Moment]:
    """Dates in short texts anywhere on the page, the likeliest first: near the headline, with a time, with a label."""
    h1 = document.structured.parts.h1
    headline = h1[0] if len(h1) == 1 else None
    since: int | None = None
    found: list[tuple[float, int, Moment]] = []
    for index, element in enumerate(document.tree.iter(etree.Element)):
        if element is headline:
            since = index
        for text in (element.text if element.tag not in _UNREAD else None, element.tail):
            if not text or len(text) > 4 * _LONGEST or not _YEAR.search(text):
                continue
            text = " ".join(text.split())
            if len(text) > _LONGEST or not (moment := parse_text(text, language, order)):
                continue
            score = 2.0 * (moment.precision != "day") + 2.0 * _labelled(text, "published") - len(text) / 80
            score += 1.5 if since is not None and index - since < 60 else 0.0
            score -= (
                2.0
                if any(a.tag in ("a", "li", "nav", "footer", "aside") for a in (element, *element.iterancestors()))
                else 0.0
            )
            found.append((score - index / 2000, index, moment))
    for score, _, moment in sorted(found, key=lambda f: (-f[0], f[1])):
        if score > -2:
            yield moment


def local_time(moment: Moment, seen: list[Seen]) -> Moment | None:
    """`moment`, given in UTC, in the zone that the page shows it in: the offset that its visible clock times agree on.

    The same moment shown as wall time says the offset; else any `<time>` that has both an instant and its wall time.
    """
    for shown in seen:
        same = shown.machine
        if same and same.when.utcoffset() and same.when == moment.when:
            return Moment(same.when, moment.precision, moment.raw)
    for shown in seen:
        for wall in (shown.moment, shown.machine):
            if wall and wall.precision != "day" and wall.when.tzinfo is None and (zone := _offset(moment, wall)):
                return Moment(moment.when.astimezone(zone), moment.precision, moment.raw)
    for shown in seen:
        if zone := _site_zone(shown, moment):
            return Moment(moment.when.astimezone(zone), moment.precision, moment.raw)
    return None


def shown_day(document: Document, moment: Moment, seen: list[Seen]) -> date | None:
    """The day that readers see for the instant `moment` (UTC), where it is the neighbour of the day in UTC.

    It is shown for the very instant, or beside the headline, where nothing shows the day in UTC.
    """
    for shown in seen:
        if shown.machine and shown.moment and shown.machine.when.tzinfo and shown.machine.when == moment.when:
            return shown.moment.day if abs(shown.moment.day - moment.day) == timedelta(days=1) else None
    around = (moment.day - timedelta(days=1), moment.day + timedelta(days=1))
    for shown in _beside_headline(document, moment, seen, around):
        if shown.moment and not shown.modified and _is_zone_apart(moment, shown.moment):
            return shown.moment.day
    return None


def shown_before(document: Document, moment: Moment, seen: list[Seen]) -> Moment | None:
    """The date beside the headline that is a few days before `moment`, where its day is not shown; no zone explains it.

    A bare day, or midnight, is no time at which something was saved, but the day that the publisher gives the article.
    """
    if moment.precision == "day" or moment.when.time() == time():
        return None
    around = (moment.day - timedelta(days=_FEW_DAYS), moment.day - timedelta(days=1))
    for shown in _beside_headline(document, moment, seen, around):
        if shown.moment and not _is_zone_apart(moment, shown.moment):
            return shown.machine or shown.moment
    return None


def headline_first(document: Document, seen: list[Seen]) -> list[Seen]:
    """`seen`, those last that stand before the headline and not beside it: today's date, and other articles'."""
    headlines = _headlines(document)
    if not headlines:
        return seen
    place = _places(document, {*headlines, *(shown.element for shown in seen)}, headlines[-1])
    start = min(place[h1] for h1 in headlines) - _BESIDE
    return sorted(seen, key=lambda shown: place.get(shown.element, start) < start)


def _places(document: Document, asked: set[html.HtmlElement], last: html.HtmlElement) -> dict[html.HtmlElement, int]:
    """Where on the page those of `asked` stand, up to a little after `last`."""
    place: dict[html.HtmlElement, int] = {}
    for index, element in enumerate(document.tree.iter(etree.Element)):
        if element in asked:
            place[element] = index
        elif last in place and index > place[last] + _BESIDE:
            break
    return place


def _beside_headline(document: Document, moment: Moment, seen: list[Seen], around: tuple[date, date]) -> list[Seen]:
    """Those of `seen` beside a headline with a day in `around`; none where the day of `moment` stands there too."""
    within = [shown for shown in seen if shown.moment and around[0] <= shown.moment.day <= around[1]]
    headlines = _headlines(document) if within else []
    if not headlines:
        return []
    same = [s for s in seen if any(m and m.day == moment.day for m in (s.moment, s.machine))]
    place = _places(document, {*headlines, *(shown.element for shown in (*within, *same))}, headlines[-1])

    def is_beside(shown: Seen) -> bool:
        at = place.get(shown.element)
        return at is not None and any(abs(at - place[h1]) <= _BESIDE for h1 in headlines)

    beside = [shown for shown in within if is_beside(shown)]
    several = len({shown.moment.when for shown in beside if shown.moment}) > 1  # teasers of other articles
    return [] if several or any(map(is_beside, same)) else beside


def _headlines(document: Document) -> list[html.HtmlElement]:
    """The h1s that say what the page's titles do."""
    structured = document.structured
    told = words(" ".join([*structured.metas("og:title")[:1], structured.parts.title or ""]))
    return [h1 for h1 in structured.parts.h1 if not told or len(words(visible_text(h1)) & told) >= _SHARED]


def _is_zone_apart(instant: Moment, wall: Moment) -> bool:
    """Whether `wall` may be what clocks show somewhere at `instant`, which is given in UTC."""
    if instant.when.tzinfo is None or instant.when.utcoffset() or instant.precision == "day":
        return False
    at = instant.when.replace(tzinfo=None)
    if wall.precision != "day":
        return _WEST <= wall.when.replace(tzinfo=None) - at <= _EAST
    return any((at + shift).date() == wall.day for shift in (_WEST, _EAST))


def _site_zone(shown: Seen, moment: Moment) -> timezone | None:
    """The zone of a date about as old as `moment` that names it, or that gives an instant and its wall time."""
    machine, wall = shown.machine, shown.moment
    if not wall or wall.precision == "day":
        return None
    if offset := wall.when.utcoffset():
        return timezone(offset) if abs(wall.when - moment.when) < _SAME_SEASON else None
    if not machine or not machine.when.tzinfo or wall.when.tzinfo:
        return None
    return _offset(machine, wall) if abs(machine.when - moment.when) < _SAME_SEASON else None


def _labelled(text: str, which: str) -> bool:
    lower = text.casefold()
    return any(word in lower for word in table("date_labels")[which])


def _offset(instant: Moment, wall: Moment) -> timezone | None:
    shift = wall.when.replace(second=0, microsecond=0) - instant.when.replace(second=0, microsecond=0, tzinfo=None)
    minutes = int(shift.total_seconds()) // 60
    if minutes and -12 * 60 <= minutes <= 14 * 60 and (minutes % 60 == 0 or minutes in _ODD_OFFSETS):
        return timezone(timedelta(minutes=minutes))
    return None


def _apart(element: html.HtmlElement) -> bool:
    return any(ancestor.tag in _OUTSIDE for ancestor in element.iterancestors())
