"""Decide whether 03/04/2026 is in March or in April: by the declared language; when this is a guess, by the page.

published_modified calls `language_and_order` before any date is read, and `settle_order` for the date of publication.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from urllib.parse import urlsplit

from lxml import etree

from workers.extraction.fields.dates.date_parser import Order, parse_machine, parse_text
from workers.extraction.reading.document import Document
from workers.extraction.tables import table

_MONTH_FIRST = frozenset(table("day_order")["month_first"])
_DAY_FIRST_DOMAINS = frozenset(table("day_order")["day_first_domains"])
#: Declared languages that are guesses: templates carry them to sites of any country.
_GUESSES = frozenset({"", "en", "en-us"})
_NUMBERS = re.compile(r"(?<![\d/-])(\d{1,2})([/-])(\d{1,2})\2((?:19|20)\d\d)(?![\d/-])")
_URL_MONTH = re.compile(r"/((?:19|20)\d\d)/(\d\d?)(?=/)")
_UNREAD = frozenset({"script", "style", "noscript", "template", "option", "textarea"})
#: Days: a reading this near to another date of the page wins, when the other reading is more than twice as far off.
_CLOSE = 14


def language_and_order(document: Document) -> tuple[str | None, Order]:
    """Return the declared language of the page, and the order in which readers of the language expect day and month."""
    declared = _declared(document)
    order: Order = "mdy" if declared in _MONTH_FIRST else "dmy"
    return declared.split("-")[0] or None, order


def settle_order(document: Document, text: str, order: Order) -> Order:
    """Return the order of day and month in the numeric date of `text`; `order` when nothing on the page decides.

    Only when the declared language is a guess and both readings are days, in this order:
    1. the reading that is possible, when the other is too old or in the future;
    2. the reading near another date of the metadata;
    3. the reading in the month of the URL;
    4. the order of the page's dates with a single reading;
    5. the order of the country, by the host's top-level domain.
    """
    numbers = _NUMBERS.search(text)
    if not numbers or _declared(document) not in _GUESSES or not _is_open(numbers):
        return order
    days: dict[Order, date] = {}
    for way in _ORDERS:
        moment = parse_text(numbers[0], None, way)
        if moment and moment.stamp("html"):
            days[way] = moment.day
    if len(days) < 2:
        return next(iter(days), order)
    for metadata_day in _metadata_days(document):
        near = sorted(days, key=lambda way: abs(days[way] - metadata_day))
        nearest, farthest = (abs((days[way] - metadata_day).days) for way in near)
        if nearest <= _CLOSE and farthest > 2 * _CLOSE:
            return near[0]
    if month := _URL_MONTH.search(urlsplit(document.url or "").path):
        for way, day in days.items():
            if (day.year, day.month) == (int(month[1]), int(month[2])):
                return way
    if votes := _votes(document):
        return votes.most_common(1)[0][0]
    domain = (urlsplit(document.url or "").hostname or "").rpartition(".")[2]
    return "dmy" if domain in _DAY_FIRST_DOMAINS else order


_ORDERS: tuple[Order, Order] = ("dmy", "mdy")


def _declared(document: Document) -> str:
    structured = document.structured
    declared = structured.parts.language or structured.meta("og:locale", "content-language") or ""
    return declared.lower().replace("_", "-")


def _is_open(numbers: re.Match[str]) -> bool:
    """Return whether both orders give a day, and not the same day."""
    return int(numbers[1]) <= 12 and int(numbers[3]) <= 12 and int(numbers[1]) != int(numbers[3])


def _metadata_days(document: Document) -> Iterator[date]:
    """Yield the days of other dates in the metadata with a single reading."""
    structured = document.structured
    texts = [str(v) for v in structured.jsonld.all(structured.article, "dateModified", "dateCreated")]
    texts += [text for name in table("meta_names")["modified"] for text in structured.parts.meta.get(name, ())]
    for text in texts:
        if not _NUMBERS.search(text) and (moment := parse_machine(text)):
            yield moment.day


def _votes(document: Document) -> Counter[Order]:
    """Count the orders of the page's numeric dates with a single reading."""
    votes: Counter[Order] = Counter()
    for element in document.tree.iter(etree.Element):
        for text in (element.text if element.tag not in _UNREAD else None, element.tail):
            for numbers in _NUMBERS.finditer(text or ""):
                first, second = int(numbers[1]), int(numbers[3])
                if first > 12 >= second:
                    votes["dmy"] += 1
                elif second > 12 >= first:
                    votes["mdy"] += 1
    return votes
