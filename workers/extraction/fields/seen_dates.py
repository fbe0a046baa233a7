"""Dates that readers see: `<time>`, elements whose class says date, and as a last look every short text of the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta, timezone

from lxml import etree, html

from workers.extraction.document import Document
from workers.extraction.fields.moments import Moment, Order, parse_machine, parse_text
from workers.extraction.structured.text import visible_text
from workers.extraction.tables import table

_OUTSIDE = frozenset({"nav", "footer", "aside"})
_UNREAD = frozenset({"script", "style", "noscript", "template", "option", "textarea", "title"})
#: Languages whose readers expect the month first.
_MONTH_FIRST = frozenset({"en-us", "en", "en-ph", "fil"})
#: A date line with byline and labels is no longer than this.
_LONGEST = 220
_YEAR = re.compile(r"(?:19|20|25)\d\d")
#: Offsets of the world's zones that are not whole hours, in minutes (IANA tz).
_ODD_OFFSETS = frozenset({-570, -210, 210, 270, 330, 345, 390, 570, 630, 765})


@dataclass(frozen=True)
class Seen:
    """A visible date; `machine` is the moment in the same element's attribute."""

    moment: Moment | None
    machine: Moment | None
    modified: bool


def language_and_order(document: Document) -> tuple[str | None, Order]:
    """The declared language of the page, and how it orders day and month in numbers."""
    structured = document.structured
    declared = (
        (structured.parts.language or structured.meta("og:locale", "content-language") or "").lower().replace("_", "-")
    )
    order: Order = "mdy" if declared in _MONTH_FIRST else "dmy"
    return declared.split("-")[0] or None, order


def marked_dates(document: Document) -> list[Seen]:
    """The dates in `<time>` and in elements whose class says date, in the page's order, neighbours left out."""
    language, order = language_and_order(document)
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
                )
            )
    for element in parts.marked.get("dated", ())[:150]:
        text = visible_text(element, _LONGEST)
        if len(text) > _LONGEST or not _YEAR.search(text) or _apart(element):
            continue
        if moment := parse_text(text, language, order):
            found.append(Seen(moment, None, _labelled(text, "modified") and not _labelled(text, "published")))
    return found


def _says_modified(element: html.HtmlElement) -> bool:
    name = f"{element.get('class', '')} {element.get('id', '')}".lower()
    return "updat" in name or "modif" in name


def text_dates(document: Document) -> Iterator[Moment]:
    """Dates in short texts anywhere on the page, the likeliest first: near the headline, with a time, with a label."""
    language, order = language_and_order(document)
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


def shown_day(moment: Moment, seen: list[Seen]) -> date | None:
    """The day that readers see for the very instant `moment` (UTC), where it is the neighbour of the day in UTC."""
    for shown in seen:
        if shown.machine and shown.moment and shown.machine.when.tzinfo and shown.machine.when == moment.when:
            return shown.moment.day if abs(shown.moment.day - moment.day) == timedelta(days=1) else None
    return None


def _site_zone(shown: Seen, moment: Moment) -> timezone | None:
    """The zone of a `<time>` that gives an instant, about as old as `moment`, and shows its wall time."""
    machine, wall = shown.machine, shown.moment
    if not machine or not wall or not machine.when.tzinfo or wall.when.tzinfo or wall.precision == "day":
        return None
    return _offset(machine, wall) if abs(machine.when - moment.when) < timedelta(days=30) else None


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
