"""Sitemaps: read candidates and child sitemaps (sitemaps.org; Google News tags; sitemaps as plain text or feeds).

The parser gets 64 KB at a time, and entries are dropped after reading: a sitemap of 50 MB costs little more memory than
the bytes. A broken or cut sitemap gives the entries before the fault.
"""

from __future__ import annotations

import heapq
import itertools
import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import urljoin

from lxml import etree

from schemas.encoding.decode import as_utf8
from schemas.page import Hints
from scrapers.discovery.candidate import Candidate
from scrapers.discovery.dates import moment, name_moment, path_moment
from scrapers.discovery.feeds import plain, read_feed
from scrapers.discovery.listing import Listing

#: Most entries of a sitemap, and most children of an index, by sitemaps.org.
MOST_ENTRIES = 50_000
#: Entries read: some sitemaps have more than the standard allows, but no site has news that far back.
_MOST_READ = 4 * MOST_ENTRIES
#: Unpacked bytes of a sitemap by sitemaps.org, and a little more.
MOST_BYTES = 64 * 1024 * 1024
#: Bytes up to which a sitemap is decoded before parsing; the parser trusts the declaration of a larger sitemap.
_SMALL = 1 << 20
_CHUNK = 1 << 16
_LONGEST_URL = 2048


class Entry(NamedTuple):
    """A `<url>` or `<sitemap>` element; `moment` is unix time, 0 without a date."""

    moment: float
    url: str
    is_sitemap: bool
    lastmod: str | None = None
    published: str | None = None
    title: str | None = None
    language: str | None = None
    keywords: str | None = None


def read_sitemap(
    body: bytes, url: str, content_type: str | None = None, *, since: float = 0.0, most: int = MOST_ENTRIES
) -> Listing:
    """Return the entries of the sitemap or index in `body`, newest first.

    Entries dated before `since` (unix time) are left out; of the rest, undated entries among them, the newest `most`
    are returned. `valid` is False when the bytes are no sitemap.
    """
    chunks = _unpacked(body)
    start = b"".join(_until(chunks, _SMALL))
    kind = _kind(start[:1000])
    if kind is None:
        return Listing(valid=False)
    if len(start) < _SMALL:
        start = as_utf8(start, content_type)
    rest = itertools.chain([start.lstrip()], chunks)
    if kind == "feed":
        return read_feed(b"".join(rest), url, content_type)
    entries = itertools.islice(_text_entries(rest) if kind == "text" else _xml_entries(rest), _MOST_READ)
    fresh = (entry for entry in _resolved(entries, url) if not entry.moment or entry.moment >= since)
    listing = Listing()
    for entry in heapq.nlargest(most, fresh, key=lambda entry: entry.moment):
        if entry.is_sitemap:
            listing.sitemaps.append(entry.url)
        else:
            listing.candidates.append(_candidate(entry))
    return listing


def _unpacked(body: bytes) -> Iterator[bytes]:
    """Yield the unpacked bytes in pieces, up to MOST_BYTES: of a truncated file or a bomb only the beginning."""
    pieces: Iterator[bytes] = (body[at : at + _CHUNK] for at in range(0, len(body), _CHUNK))
    for _ in range(2):  # some files are packed twice: as a file and for the transfer
        first = next(pieces, b"")
        pieces = itertools.chain([first], pieces)
        if first.startswith(b"\x1f\x8b"):
            pieces = _gunzip(pieces)
    left = MOST_BYTES
    for piece in pieces:
        yield piece[:left]
        left -= len(piece)
        if left <= 0:
            return


def _gunzip(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the unpacked bytes of all members of a gzip file (RFC 1952), in pieces of at most 64 KB, up to a fault."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        for piece in pieces:
            packed = piece
            while packed:
                if unpacker.eof:
                    unpacker = zlib.decompressobj(wbits=31)
                if out := unpacker.decompress(packed, _CHUNK):
                    yield out
                packed = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
    except zlib.error:
        return


def _until(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Yield pieces up to a sum of `size` bytes; the rest stays in the iterator."""
    while size > 0 and (piece := next(pieces, b"")):
        size -= len(piece)
        yield piece


def _kind(head: bytes) -> str | None:
    start = as_utf8(head, None).lower()
    if b"<rss" in start or b"<feed" in start or b"<rdf:rdf" in start:
        return "feed"
    if b"<urlset" in start or b"<sitemapindex" in start or b":urlset" in start or b":sitemapindex" in start:
        return "xml"
    if start.startswith((b"http://", b"https://")):
        return "text"
    # XML with the root after a long comment or style sheet, but no HTML page
    return "xml" if start.startswith(b"<") and b"<html" not in start and b"<!doctype html" not in start else None


def _text_entries(chunks: Iterable[bytes]) -> Iterator[Entry]:
    broken = b""
    for chunk in itertools.chain(chunks, [b"\n"]):
        *lines, broken = (broken + chunk).replace(b"\r", b"\n").split(b"\n")
        for line in lines:
            if line.strip().startswith((b"http://", b"https://")):
                yield Entry(0.0, line.decode("utf-8", "replace").strip(), False)


def _xml_entries(chunks: Iterable[bytes]) -> Iterator[Entry]:
    parser = etree.XMLPullParser(
        events=("end",),
        tag=("{*}url", "{*}sitemap"),
        recover=True,
        huge_tree=True,
        resolve_entities=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        for chunk in chunks:
            parser.feed(chunk)
            yield from _read(parser)
        parser.close()
    except (etree.XMLSyntaxError, ValueError):
        pass
    yield from _read(parser)


def _read(parser: etree.XMLPullParser) -> Iterator[Entry]:
    for _, element in parser.read_events():
        assert isinstance(element, etree._Element)
        if entry := _entry(element):
            yield entry
        element.clear()
        parent = element.getparent()
        while parent is not None and element.getprevious() is not None:
            del parent[0]


def _entry(element: etree._Element) -> Entry | None:
    texts = _texts(element)
    url = texts.get("loc")
    if not url:
        return None
    if _name(element) == "sitemap":
        return Entry(0.0, url, True, lastmod=texts.get("lastmod"))
    news = next((_texts(child) for child in element if _name(child) == "news"), {})
    return Entry(
        0.0,
        url,
        False,
        lastmod=texts.get("lastmod"),
        published=news.get("publication_date"),
        title=news.get("title"),
        language=next((_texts(child).get("language") for child in element.iter("{*}publication")), None),
        keywords=news.get("keywords"),
    )


def _texts(element: etree._Element) -> dict[str, str]:
    """Return the children's texts by local name; not of descendants: images and videos have `loc` and `title`, too."""
    return {name: text for child in element if (name := _name(child)) and (text := (child.text or "").strip())}


def _name(element: etree._Element) -> str:
    """Return the local name, also for an undeclared prefix, which lxml's QName refuses."""
    return element.tag.rpartition("}")[2].rpartition(":")[2] if isinstance(element.tag, str) else ""


def _resolved(entries: Iterator[Entry], base: str) -> Iterator[Entry]:
    """Yield the entries with absolute URLs, and with the moment given by the date or the name."""
    for entry in entries:
        try:
            url = urljoin(base, entry.url)
        except ValueError:
            continue
        if not url.startswith(("http://", "https://")) or len(url) > _LONGEST_URL:
            continue
        dated = moment(entry.published) or moment(entry.lastmod)
        if dated is None:
            dated = name_moment(url) if entry.is_sitemap else path_moment(url)
        yield entry._replace(url=url, moment=dated or 0.0)


def _candidate(entry: Entry) -> Candidate:
    keywords = [tag for word in (entry.keywords or "").split(",")[:30] if (tag := plain(word))]
    hints = Hints(
        title=plain(entry.title),
        published=entry.published,
        modified=entry.lastmod,
        language=plain(entry.language),
        tags=keywords,
        origin="sitemap",
    )
    return Candidate(url=entry.url, hints=hints, rank=-entry.moment)
