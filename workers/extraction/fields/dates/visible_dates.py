"""Find the visible dates of a page: in `<time>`, in elements marked as dates, and, last, in every short text.

published_modified calls this file twice: for the candidates (`marked_dates`, `text_dates`), and for the chosen moment,
to find the local time, the shown day or an earlier day.
"""

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
#: The most characters of a date line with byline and labels.
_LONGEST = 220
#: A first sieve for texts with a date: the year, in the digits of any script.
_YEAR = re.compile(rf"(?:19|20|25)\d\d|[^\x00-\x7f\D]{{4}}|[\u0e01-\u0e2e]\.\s?\d\d(?!\d)|{'|'.join(eras())}")
#: Words in the names of attributes with a date, and the pattern of the value.
_DATA = ("date", "time", "publish")
_MACHINE = re.compile(r"^.{0,24}(?:19|20)\d\d.{0,24}$|^1\d{9}(?:\d{3})?$")
#: The offsets furthest from UTC (IANA tz).
_WEST, _EAST = timedelta(hours=-12), timedelta(hours=14)
#: Dates nearer to each other have the same offset, except in the weeks around a change of clocks.
_SAME_SEASON = timedelta(days=30)
#: The most elements between a headline and a date beside the headline; the most days by which metadata may be late.
_BESIDE, _FEW_DAYS = 40, 3
#: The fewest words that a headline shares with the page's titles.
_SHARED = 2
#: Offsets of the world's zones that are not whole hours, in minutes (IANA tz).
_ODD_OFFSETS = frozenset({-570, -210, 210, 270, 330, 345, 390, 570, 630, 765})


@dataclass(frozen=True)
class VisibleDate:
    """A visible date; `machine` is the moment in an attribute of the same element."""

    moment: Moment | None
    machine: Moment | None
    modified: bool
    element: html.HtmlElement


def marked_dates(document: Document, language: str | None, order: Order) -> list[VisibleDate]:
    """Return the dates in `<time>` and in elements marked as dates, outside navigation, footers and asides."""
    parts = document.structured.parts
    dates: list[VisibleDate] = []
    for element in parts.times[:30]:
        if _apart(element):
            continue
        text = visible_text(element, _LONGEST)[:_LONGEST]
        machine = parse_machine(element.get("datetime") or "", language, order)
        moment = parse_text(text, language, order)
        if machine or moment:
            dates.append(
                VisibleDate(
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
            dates += _in_attributes(element, text, language, order)
            continue
        for part, modified in _by_label(text):
            if moment := parse_text(part, language, order):
                dates.append(VisibleDate(moment, None, modified, element))
    return dates


def _in_attributes(element: html.HtmlElement, text: str, language: str | None, order: Order) -> Iterator[VisibleDate]:
    """Yield the date behind a text without a date ("2 hours ago"): in `title`, or in an attribute of the site's own."""
    for name, value in element.items():
        may_be_dated = name == "title" or (name.startswith("data-") and any(word in name for word in _DATA))
        if may_be_dated and _MACHINE.search(value) and (moment := parse_machine(value, language, order)):
            yield VisibleDate(None, moment, _labelled(f"{name} {text}", "modified") or _says_modified(element), element)


def _by_label(text: str) -> list[tuple[str, bool]]:
    """Return the parts of a date line, split before labels, with whether the label says modified (before or after)."""
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
    """Return whether the class or id of `element` says updated or modified."""
    name = f"{element.get('class', '')} {element.get('id', '')}".lower()
    return "updat" in name or "modif" in name


def text_dates(document: Document, language: str | None, order: Order) -> Iterator[Moment]:
    """Yield dates in short texts of the whole page, the likeliest first: near the headline, with a time or a label."""
    h1 = document.structured.parts.h1
    headline = h1[0] if len(h1) == 1 else None
    headline_index: int | None = None
    scored: list[tuple[float, int, Moment]] = []
    for index, element in enumerate(document.tree.iter(etree.Element)):
        if element is headline:
            headline_index = index
        for text in (element.text if element.tag not in _UNREAD else None, element.tail):
            if not text or len(text) > 4 * _LONGEST or not _YEAR.search(text):
                continue
            text = " ".join(text.split())
            if len(text) > _LONGEST or not (moment := parse_text(text, language, order)):
                continue
            score = 2.0 * (moment.precision != "day") + 2.0 * _labelled(text, "published") - len(text) / 80
            score += 1.5 if headline_index is not None and index - headline_index < 60 else 0.0
            score -= (
                2.0
                if any(a.tag in ("a", "li", "nav", "footer", "aside") for a in (element, *element.iterancestors()))
                else 0.0
            )
            scored.append((score - index / 2000, index, moment))
    for score, _, moment in sorted(scored, key=lambda entry: (-entry[0], entry[1])):
        if score > -2:
            yield moment


def local_time(moment: Moment, visible: list[VisibleDate]) -> Moment | None:
    """Return `moment`, which is in UTC, with the offset of the page's visible times, or None.

    Sources in order:
    1. a machine date with an offset for the same instant;
    2. a wall time without a zone, when the difference from `moment` is the offset of a zone;
    3. a date about as old as `moment`, with an offset, or with an instant and a wall time.
    """
    for shown in visible:
        instant = shown.machine
        if instant and instant.when.utcoffset() and instant.when == moment.when:
            return Moment(instant.when, moment.precision, moment.raw)
    for shown in visible:
        for wall in (shown.moment, shown.machine):
            if wall and wall.precision != "day" and wall.when.tzinfo is None and (zone := _offset(moment, wall)):
                return Moment(moment.when.astimezone(zone), moment.precision, moment.raw)
    for shown in visible:
        if zone := _site_zone(shown, moment):
            return Moment(moment.when.astimezone(zone), moment.precision, moment.raw)
    return None


def shown_day(document: Document, moment: Moment, visible: list[VisibleDate]) -> date | None:
    """Return the visible day of the instant `moment`, when this is the day before or after the day in UTC.

    The day is shown for the very instant, or stands beside the headline, where nothing shows the day in UTC.
    """
    for shown in visible:
        if shown.machine and shown.moment and shown.machine.when.tzinfo and shown.machine.when == moment.when:
            return shown.moment.day if abs(shown.moment.day - moment.day) == timedelta(days=1) else None
    around = (moment.day - timedelta(days=1), moment.day + timedelta(days=1))
    for shown in _beside_headline(document, moment, visible, around):
        if shown.moment and not shown.modified and _is_zone_apart(moment, shown.moment):
            return shown.moment.day
    return None


def earlier_beside_headline(document: Document, moment: Moment, visible: list[VisibleDate]) -> Moment | None:
    """Return the date beside the headline, when up to three days before `moment` and no zone explains the difference.

    None when the day of `moment` stands there too. None when `moment` is a bare day or midnight, which is not the time
    of a save, but the day that the publisher gives the article.
    """
    if moment.precision == "day" or moment.when.time() == time():
        return None
    around = (moment.day - timedelta(days=_FEW_DAYS), moment.day - timedelta(days=1))
    for shown in _beside_headline(document, moment, visible, around):
        if shown.moment and not _is_zone_apart(moment, shown.moment):
            return shown.machine or shown.moment
    return None


def headline_first(document: Document, visible: list[VisibleDate]) -> list[VisibleDate]:
    """Return `visible`, with dates well before the headline last: today's date, and the dates of other articles."""
    headlines = _headlines(document)
    if not headlines:
        return visible
    place = _places(document, {*headlines, *(shown.element for shown in visible)}, headlines[-1])
    start = min(place[h1] for h1 in headlines) - _BESIDE
    return sorted(visible, key=lambda shown: place.get(shown.element, start) < start)


def _places(document: Document, wanted: set[html.HtmlElement], last: html.HtmlElement) -> dict[html.HtmlElement, int]:
    """Return the positions on the page of the `wanted` elements, up to a little after `last`."""
    place: dict[html.HtmlElement, int] = {}
    for index, element in enumerate(document.tree.iter(etree.Element)):
        if element in wanted:
            place[element] = index
        elif last in place and index > place[last] + _BESIDE:
            break
    return place


def _beside_headline(
    document: Document, moment: Moment, visible: list[VisibleDate], around: tuple[date, date]
) -> list[VisibleDate]:
    """Return the dates beside a headline with a day in `around`; none when the day of `moment` stands there too."""
    within = [shown for shown in visible if shown.moment and around[0] <= shown.moment.day <= around[1]]
    headlines = _headlines(document) if within else []
    if not headlines:
        return []
    same = [shown for shown in visible if any(m and m.day == moment.day for m in (shown.moment, shown.machine))]
    place = _places(document, {*headlines, *(shown.element for shown in (*within, *same))}, headlines[-1])

    def is_beside(shown: VisibleDate) -> bool:
        at = place.get(shown.element)
        return at is not None and any(abs(at - place[h1]) <= _BESIDE for h1 in headlines)

    beside = [shown for shown in within if is_beside(shown)]
    several = len({shown.moment.when for shown in beside if shown.moment}) > 1  # teasers of other articles
    return [] if several or any(map(is_beside, same)) else beside


def _headlines(document: Document) -> list[html.HtmlElement]:
    """Return the h1 elements that share words with the page's titles."""
    structured = document.structured
    titles = words(" ".join([*structured.metas("og:title")[:1], structured.parts.title or ""]))
    return [h1 for h1 in structured.parts.h1 if not titles or len(words(visible_text(h1)) & titles) >= _SHARED]


def _is_zone_apart(instant: Moment, wall: Moment) -> bool:
    """Return whether clocks somewhere may show `wall` at `instant`, which is in UTC."""
    if instant.when.tzinfo is None or instant.when.utcoffset() or instant.precision == "day":
        return False
    at = instant.when.replace(tzinfo=None)
    if wall.precision != "day":
        return _WEST <= wall.when.replace(tzinfo=None) - at <= _EAST
    return any((at + shift).date() == wall.day for shift in (_WEST, _EAST))


def _site_zone(shown: VisibleDate, moment: Moment) -> timezone | None:
    """Return the zone of a date about as old as `moment`: the date's offset, or the wall time less the instant."""
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
    """Return the zone in which clocks show `wall` at `instant`, or None when no zone has this offset."""
    shift = wall.when.replace(second=0, microsecond=0) - instant.when.replace(second=0, microsecond=0, tzinfo=None)
    minutes = int(shift.total_seconds()) // 60
    if minutes and -12 * 60 <= minutes <= 14 * 60 and (minutes % 60 == 0 or minutes in _ODD_OFFSETS):
        return timezone(timedelta(minutes=minutes))
    return None


def _apart(element: html.HtmlElement) -> bool:
    """Return whether `element` is in navigation, a footer or an aside."""
    return any(ancestor.tag in _OUTSIDE for ancestor in element.iterancestors())
