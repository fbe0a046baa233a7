"""Published and modified: what machines are told first, then what readers see, then the address; htmldate as the last resort.

Each candidate keeps the precision and the offset that its source gives. A moment in the future, before 1990 or at the epoch is
refused and flagged; a day that a more precise source confirms takes that source's time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import htmldate

from schemas.timestamp import Origin, Timestamp
from workers.extraction.document import Document
from workers.extraction.fields.moments import Moment, parse_machine
from workers.extraction.fields.seen_dates import language_and_order, local_time, marked_dates, text_dates
from workers.extraction.structured.text import visible_text

_PUBLISHED_METAS = (
    "article:published_time", "og:article:published_time", "article:published", "og:published_time", "datepublished", "parsely-pub-date",
    "sailthru.date", "cxenseparse:recs:publishtime", "cxenseparse:publishtime", "published_at", "article_date_original", "dc.date.issued",
    "dcterms.issued", "dcterms.created", "dc.date.created", "dc.date.published", "dcsext.articlefirstpublished", "pubdate", "pub_date", "publishdate", "publish-date",
    "publish_date", "publication_date", "publication-date", "citation_publication_date", "citation_date", "article.published", "published", "published-date", "published_date", "pdate", "ptime", "datecreated", "article:post_time",
    "rnews:datepublished", "weibo:article:create_at", "bt:pubdate", "prism.publicationdate", "displaydate", "og:pubdate", "uploaddate", "og:release_date", "article_publish_time", "date", "dc.date", "dcterms.date", "og:article:created_time", "created", "apub:time",
)  # fmt: skip
_MODIFIED_METAS = (
    "article:modified_time", "og:article:modified_time", "article:modified", "og:updated_time", "datemodified", "dcterms.modified",
    "dc.date.modified", "article_date_updated", "lastmod", "last-modified", "revision_date", "article:updated_time", "modified", "updated_at",
)  # fmt: skip
_URL_DATE = re.compile(r"[/_.-](?P<year>(?:19|20)\d\d)[/_.-]?(?P<month>\d\d)[/_.-]?(?P<day>\d\d)(?=[/_.\-]|$|T|\D)")
def find_published(document: Document, flags: list[str]) -> Timestamp | None:
    """When the article was first published."""
    return _first(document, _published(document), flags) or _last_resort(document)


def find_modified(document: Document, published: Timestamp | None, flags: list[str]) -> Timestamp | None:
    """When it was last changed; None where that is before `published`."""
    found = _first(document, _modified(document), flags)
    if found and published and _day(found) < _day(published):
        return None
    return found


def _day(stamp: Timestamp) -> str:
    return (stamp.utc or stamp.local or "")[:10]


def _first(document: Document, candidates: Iterator[tuple[Moment, Origin]], flags: list[str]) -> Timestamp | None:
    """The first candidate that can be, or a finer one of the same day after it."""
    best: tuple[Moment, Origin] | None = None
    for moment, origin in candidates:
        if moment.stamp(origin) is None:
            flag = "date_in_future" if moment.when.replace(tzinfo=UTC) > datetime.now(UTC) else "date_too_old"
            if flag not in flags:
                flags.append(flag)
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
        moment = local_time(moment, marked_dates(document)) or moment
    return moment.stamp(origin)


def _finer(other: Moment, best: Moment) -> bool:
    """Whether `other` tells the day of `best` with what it lacks: a time, or the zone of the same time."""
    if best.precision == "day":
        return other.precision != "day" and other.day == best.day
    return other.when.tzinfo is not None and other.when.replace(tzinfo=None) == best.when


def _published(document: Document) -> Iterator[tuple[Moment, Origin]]:
    structured = document.structured
    for name in ("datePublished", "dateCreated", "uploadDate"):
        yield from _texts(document, structured.jsonld.all(structured.article, name), "json-ld")
    for name in _PUBLISHED_METAS:
        yield from _texts(document, structured.parts.meta.get(name, ())[:1], "meta")
    yield from _texts(document, structured.microdata.all(structured.item, "datePublished", "dateCreated"), "html")
    for element in structured.parts.items:
        name = (element.get("itemprop") or element.get("property") or "").lower()
        if name in ("datepublished", "pubdate", "schema:datepublished", "dc:date"):
            yield from _texts(document, [element.get("content") or element.get("datetime") or visible_text(element)], "html")
    for seen in marked_dates(document):
        if not seen.modified and (moment := seen.machine or seen.moment):
            yield moment, "html"
    if moment := url_date(document.url):
        yield moment, "url"
    if document.hints.published:
        yield from _texts(document, [document.hints.published], "sitemap" if document.hints.origin == "sitemap" else "feed")
    yield from ((moment, "html") for moment in text_dates(document))


def _modified(document: Document) -> Iterator[tuple[Moment, Origin]]:
    structured = document.structured
    yield from _texts(document, structured.jsonld.all(structured.article, "dateModified"), "json-ld")
    for name in _MODIFIED_METAS:
        yield from _texts(document, structured.parts.meta.get(name, ())[:1], "meta")
    yield from _texts(document, structured.microdata.all(structured.item, "dateModified"), "html")
    if document.hints.modified:
        yield from _texts(document, [document.hints.modified], "sitemap" if document.hints.origin == "sitemap" else "feed")
    for seen in marked_dates(document):
        if seen.modified and (moment := seen.machine or seen.moment):
            yield moment, "html"


def _texts(document: Document, values: object, origin: Origin) -> Iterator[tuple[Moment, Origin]]:
    for value in values if isinstance(values, list | tuple) else ():
        if isinstance(value, dict):
            value = value.get("@value")
        if isinstance(value, str | int | float) and (moment := parse_machine(str(value), *language_and_order(document))):
            yield moment, origin


def url_date(url: str | None) -> Moment | None:
    """The day in the path of `url`."""
    match = _URL_DATE.search(urlsplit(url).path) if url else None
    if not match:
        return None
    try:
        return Moment(datetime(int(match["year"]), int(match["month"]), int(match["day"])), "day", match[0].strip("/_.-"))
    except ValueError:
        return None


def _last_resort(document: Document) -> Timestamp | None:
    try:
        found = htmldate.find_date(document.tree, original_date=True, extensive_search=True, url=document.url)
    except Exception:  # htmldate parses with many libraries and promises nothing
        return None
    if not found:
        return None
    return Moment(datetime.fromisoformat(found), "day", found).stamp("trafilatura")
