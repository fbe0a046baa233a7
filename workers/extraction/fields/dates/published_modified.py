"""Choose when an article was published and modified: metadata first, visible dates, the URL; htmldate last.

The entry to this folder: `workers.extraction.metadata` calls `find_dates` for each page. A candidate keeps the
precision and the offset of its source. A moment in the future, before 1990 or at the epoch is refused and flagged. When
a later source gives the same day with more precision, the later source wins.
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
    VisibleDate,
    earlier_beside_headline,
    headline_first,
    local_time,
    marked_dates,
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
    """Return when the article was first published and when last modified; refused moments leave a flag."""
    language, order = language_and_order(document)
    dates = _Dates(document, flags, language, order)
    published = dates.first(dates.agreed())
    if published and (settled := settle_order(document, published.raw, order)) != order:
        dates = _Dates(document, flags, language, settled)
        published = dates.first(dates.agreed())
    published = published or _ask_htmldate(document)
    modified = dates.first(dates.modified())
    if published and modified and _is_before(modified, published):
        modified = None
    return published, modified


def _is_before(first: Timestamp, second: Timestamp) -> bool:
    """Return whether `first` is earlier: by the instant when both are instants, else by the day."""
    if first.utc and second.utc and "day" not in (first.precision, second.precision):
        return datetime.fromisoformat(first.utc) < datetime.fromisoformat(second.utc)
    return (first.utc or first.local or "")[:10] < (second.utc or second.local or "")[:10]


def _is_finer(candidate: Moment, best: Moment) -> bool:
    """Return whether `candidate` has the day of `best` and adds a time, or the same time and adds a zone."""
    if best.precision == "day":
        return candidate.precision != "day" and candidate.day == best.day
    return candidate.when.tzinfo is not None and candidate.when.replace(tzinfo=None) == best.when


class _Dates:
    """The candidates of a document."""

    def __init__(self, document: Document, flags: list[str], language: str | None, order: Order) -> None:
        self.document = document
        self.flags = flags
        self.language = language
        self.order: Order = order

    @cached_property
    def visible(self) -> list[VisibleDate]:
        """The visible dates of the page."""
        return marked_dates(self.document, self.language, self.order)

    def first(self, candidates: Candidates) -> Timestamp | None:
        """Return the first possible candidate, or a later, finer candidate of the same day."""
        best: tuple[Moment, Origin] | None = None
        for moment, origin in candidates:
            if moment.stamp(origin) is None:
                self._flag(moment)
            elif best is None:
                best = moment, origin
                if moment.precision != "day" and moment.when.tzinfo:
                    break
            elif _is_finer(moment, best[0]):
                best = moment, origin
                break
        if best is None:
            return None
        moment, origin = best
        if moment.when.tzinfo and not moment.when.utcoffset():
            if local := local_time(moment, self.visible):
                return local.stamp(origin)
            stamp, day = moment.stamp(origin), shown_day(self.document, moment, self.visible)
            return stamp.model_copy(update={"local": day.isoformat()}) if stamp and day else stamp
        return moment.stamp(origin)

    def _flag(self, moment: Moment) -> None:
        """Note why `moment` was refused."""
        flag = "date_in_future" if moment.when.replace(tzinfo=UTC) > datetime.now(UTC) else "date_too_old"
        if flag not in self.flags:
            self.flags.append(flag)

    def agreed(self) -> Candidates:
        """Yield the candidates for published, first the corrections of the metadata.

        1. The date beside the headline, when a few days before the metadata's date: content systems put the time of the
           last save into the metadata, and no reader sees an article before the publication.
        2. When explicit dates differ by more than a day: those with a visible day.
        3. All candidates of `published`.
        """
        stated = next((moment for moment, origin in self.published() if moment.stamp(origin)), None)
        if stated and (earlier := earlier_beside_headline(self.document, stated, self.visible)):
            yield earlier, "html"
        explicit = [(moment, origin) for moment, origin in self.explicit() if moment.stamp(origin)]
        days = [moment.day for moment, _ in explicit]
        if days and max(days) - min(days) > timedelta(days=1):
            visible_days = {m.day for shown in self.visible for m in (shown.moment, shown.machine) if m}
            yield from ((moment, origin) for moment, origin in explicit if moment.day in visible_days)
        yield from self.published()

    def explicit(self) -> Candidates:
        """Yield the dates that the markup calls the date of publication, and nothing else."""
        structured = self.document.structured
        yield from self._texts(structured.jsonld.all(structured.article, "datePublished"), "json-ld")
        yield from self._texts(structured.parts.meta.get("article:published_time", ())[:1], "meta")
        for element in structured.parts.items:
            if (element.get("itemprop") or "").lower() == "datepublished" and element.tag == "time":
                yield from self._texts([element.get("datetime")], "html")

    def published(self) -> Candidates:
        """Yield all candidates for published, the most trusted first."""
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
        dates = [shown for shown in self.visible if not shown.modified]
        for shown in headline_first(self.document, dates) if len(dates) > 1 else dates:
            if moment := shown.machine or shown.moment:
                yield moment, "html"
        if moment := url_date(self.document.url):
            yield moment, "url"
        yield from self._hint(self.document.hints.published)
        yield from ((moment, "html") for moment in text_dates(self.document, self.language, self.order))

    def modified(self) -> Candidates:
        """Yield all candidates for modified, the most trusted first."""
        structured = self.document.structured
        yield from self._texts(structured.jsonld.all(structured.article, "dateModified"), "json-ld")
        for name in table("meta_names")["modified"]:
            yield from self._texts(structured.parts.meta.get(name, ())[:1], "meta")
        yield from self._texts(structured.microdata.all(structured.item, "dateModified"), "html")
        yield from self._hint(self.document.hints.modified)
        yield from ((moment, "html") for s in self.visible if s.modified and (moment := s.machine or s.moment))

    def _hint(self, text: str | None) -> Candidates:
        origin: Origin = "sitemap" if self.document.hints.origin == "sitemap" else "feed"
        return self._texts([text], origin)

    def _texts(self, values: object, origin: Origin) -> Candidates:
        """Yield the moments in `values`, which come from markup or metadata."""
        for value in values if isinstance(values, list | tuple) else ():
            if isinstance(value, dict):
                value = value.get("@value")
            if isinstance(value, str | int | float):
                moment = parse_machine(str(value), self.language, self.order)
                if moment:
                    yield moment, origin


def url_date(url: str | None) -> Moment | None:
    """Return the day in the path of `url`."""
    match = _URL_DATE.search(urlsplit(url).path) if url else None
    if not match:
        return None
    try:
        day = datetime(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        return None
    return Moment(day, "day", match[0].strip("/_.-"))


def _ask_htmldate(document: Document) -> Timestamp | None:
    """Return htmldate's date for the page."""
    try:
        text = htmldate.find_date(document.tree, original_date=True, extensive_search=True, url=document.url)
    except Exception:  # htmldate calls many parsers and documents no exceptions
        return None
    if not text or text.endswith("-01-01"):  # htmldate's answer to a year without a day
        return None
    return Moment(datetime.fromisoformat(text), "day", text).stamp("trafilatura")
