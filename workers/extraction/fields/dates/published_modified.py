"""Published and modified: what machines are told first, then what readers see, then the address; htmldate last.

Each candidate keeps the precision and the offset that its source gives. A moment in the future, before 1990 or at the
epoch is refused and flagged; where another source tells the same day more precisely, its time is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from urllib.parse import urlsplit

import htmldate

from schemas.timestamp import Origin, Timestamp
from workers.extraction.fields.dates.date_parser import Moment, Order, parse_machine
from workers.extraction.fields.dates.day_month_order import language_and_order, settle_order
from workers.extraction.fields.dates.visible_dates import (
    Seen,
    headline_first,
    local_time,
    marked_dates,
    shown_before,
    shown_day,
    text_dates,
)
from workers.extraction.reading.document import Document
from workers.extraction.structured.text import visible_text
from workers.extraction.tables import table

_URL_DATE = re.compile(r"[/_.-](?P<year>(?:19|20)\d\d)[/_.-]?(?P<month>\d\d)[/_.-]?(?P<day>\d\d)(?=[/_.\-]|$|T|\D)")
_PUBLISHED_ITEMS = frozenset({"datepublished", "pubdate", "schema:datepublished", "dc:date"})

Candidates = Iterator[tuple[Moment, Origin]]


def find_dates(document: Document, flags: list[str]) -> tuple[Timestamp | None, Timestamp | None]:
    """When the article was first published and when it was last changed; refused moments leave a flag."""
    language, order = language_and_order(document)
    dates = _Dates(document, flags, language, order)
    published = dates.first(dates.agreed())
    if published and (settled := settle_order(document, published.raw, order)) != order:
        dates = _Dates(document, flags, language, settled)
        published = dates.first(dates.agreed())
    published = published or _last_resort(document)
    modified = dates.first(dates.modified())
    if published and modified and _is_before(modified, published):
        modified = None
    return published, modified


def _is_before(one: Timestamp, other: Timestamp) -> bool:
    """By the moment where both tell it, else by the day."""
    if one.utc and other.utc and "day" not in (one.precision, other.precision):
        return datetime.fromisoformat(one.utc) < datetime.fromisoformat(other.utc)
    return (one.utc or one.local or "")[:10] < (other.utc or other.local or "")[:10]


def _finer(other: Moment, best: Moment) -> bool:
    """Whether `other` tells the day of `best` with what it lacks: a time, or the zone of the same time."""
    if best.precision == "day":
        return other.precision != "day" and other.day == best.day
    return other.when.tzinfo is not None and other.when.replace(tzinfo=None) == best.when


class _Dates:
    """The candidates of one document."""

    def __init__(self, document: Document, flags: list[str], language: str | None, order: Order) -> None:
        self.document = document
        self.flags = flags
        self.language = language
        self.order: Order = order

    @cached_property
    def seen(self) -> list[Seen]:
        return marked_dates(self.document, self.language, self.order)

    def first(self, candidates: Candidates) -> Timestamp | None:
        """The first candidate that can be, or a finer one of the same day after it."""
        best: tuple[Moment, Origin] | None = None
        for moment, origin in candidates:
            if moment.stamp(origin) is None:
                self._flag(moment)
            elif best is None:
                best = moment, origin
                if moment.precision != "day" and moment.when.tzinfo:
                    break
            elif _finer(moment, best[0]):
                best = moment, origin
                break
        if best is None:
            return None
        moment, origin = best
        if moment.when.tzinfo and not moment.when.utcoffset():
            if local := local_time(moment, self.seen):
                return local.stamp(origin)
            stamp, day = moment.stamp(origin), shown_day(self.document, moment, self.seen)
            return stamp.model_copy(update={"local": day.isoformat()}) if stamp and day else stamp
        return moment.stamp(origin)

    def _flag(self, moment: Moment) -> None:
        flag = "date_in_future" if moment.when.replace(tzinfo=UTC) > datetime.now(UTC) else "date_too_old"
        if flag not in self.flags:
            self.flags.append(flag)

    def agreed(self) -> Candidates:
        """The candidates of `published`; where explicit statements differ by days, the one readers see comes first.

        So does a date beside the headline that is some days earlier than what the metadata say: content systems put
        there when an article was last saved, and no reader saw it before it was published.
        """
        told = next((moment for moment, origin in self.published() if moment.stamp(origin)), None)
        if told and (earlier := shown_before(self.document, told, self.seen)):
            yield earlier, "html"
        explicit = [(moment, origin) for moment, origin in self.explicit() if moment.stamp(origin)]
        days = [moment.day for moment, _ in explicit]
        if days and max(days) - min(days) > timedelta(days=1):
            shown = {m.day for seen in self.seen for m in (seen.moment, seen.machine) if m}
            yield from ((moment, origin) for moment, origin in explicit if moment.day in shown)
        yield from self.published()

    def explicit(self) -> Candidates:
        """What is called the date of publication and nothing else."""
        structured = self.document.structured
        yield from self._texts(structured.jsonld.all(structured.article, "datePublished"), "json-ld")
        yield from self._texts(structured.parts.meta.get("article:published_time", ())[:1], "meta")
        for element in structured.parts.items:
            if (element.get("itemprop") or "").lower() == "datepublished" and element.tag == "time":
                yield from self._texts([element.get("datetime")], "html")

    def published(self) -> Candidates:
        structured = self.document.structured
        yield from self.explicit()
        for name in ("dateCreated", "uploadDate"):
            yield from self._texts(structured.jsonld.all(structured.article, name), "json-ld")
        for name in table("meta_names")["published"]:
            yield from self._texts(structured.parts.meta.get(name, ())[:1], "meta")
        yield from self._texts(structured.microdata.all(structured.item, "datePublished", "dateCreated"), "html")
        for element in structured.parts.items:
            if (element.get("itemprop") or element.get("property") or "").lower() in _PUBLISHED_ITEMS:
                value = element.get("content") or element.get("datetime") or visible_text(element)
                yield from self._texts([value], "html")
        shown = [seen for seen in self.seen if not seen.modified]
        for seen in headline_first(self.document, shown) if len(shown) > 1 else shown:
            if moment := seen.machine or seen.moment:
                yield moment, "html"
        if moment := url_date(self.document.url):
            yield moment, "url"
        yield from self._hint(self.document.hints.published)
        yield from ((moment, "html") for moment in text_dates(self.document, self.language, self.order))

    def modified(self) -> Candidates:
        structured = self.document.structured
        yield from self._texts(structured.jsonld.all(structured.article, "dateModified"), "json-ld")
        for name in table("meta_names")["modified"]:
            yield from self._texts(structured.parts.meta.get(name, ())[:1], "meta")
        yield from self._texts(structured.microdata.all(structured.item, "dateModified"), "html")
        yield from self._hint(self.document.hints.modified)
        yield from ((moment, "html") for s in self.seen if s.modified and (moment := s.machine or s.moment))

    def _hint(self, text: str | None) -> Candidates:
        origin: Origin = "sitemap" if self.document.hints.origin == "sitemap" else "feed"
        return self._texts([text], origin)

    def _texts(self, values: object, origin: Origin) -> Candidates:
        for value in values if isinstance(values, list | tuple) else ():
            if isinstance(value, dict):
                value = value.get("@value")
            if isinstance(value, str | int | float):
                moment = parse_machine(str(value), self.language, self.order)
                if moment:
                    yield moment, origin


def url_date(url: str | None) -> Moment | None:
    """The day in the path of `url`."""
    match = _URL_DATE.search(urlsplit(url).path) if url else None
    if not match:
        return None
    try:
        day = datetime(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        return None
    return Moment(day, "day", match[0].strip("/_.-"))


def _last_resort(document: Document) -> Timestamp | None:
    try:
        found = htmldate.find_date(document.tree, original_date=True, extensive_search=True, url=document.url)
    except Exception:  # htmldate parses with many libraries and promises nothing
        return None
    if not found or found.endswith("-01-01"):  # what htmldate makes of a year without a day
        return None
    return Moment(datetime.fromisoformat(found), "day", found).stamp("trafilatura")
