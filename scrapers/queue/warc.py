"""WARC files (ISO 28500) to captured pages, streamed by FastWARC: memory holds a single record."""

from __future__ import annotations

import uuid
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from schemas.page import KEPT_HEADERS, ArchiveRef, Hints, Page
from schemas.reject import Reject
from schemas.source import source_for
from schemas.timestamp import now_utc, utc_text

#: Content types of records with pages; images, styles and scripts of an archive are skipped.
_PAGE_TYPES = ("text/html", "application/xhtml+xml", "text/plain", "application/xml", "text/xml")
_LONGEST_DETAIL = 300
_CHUNK = 1 << 16


@dataclass(frozen=True)
class ArchivedPage:
    """A page of an archive, or the reject of a page too large; `offset` is the beginning of the record (bytes)."""

    offset: int
    captured: Page | Reject


def read_archive(path: Path, after: int | None, most: int) -> Iterator[ArchivedPage]:
    """Yield the pages of the responses in `path`, in their order; redirects and files other than pages are skipped.

    `after` is the offset of the last record taken before: reading goes on behind this record. A body of more than
    `most` bytes gives a reject. WARC is understood plain, or compressed record by record with gzip or zstd.

    Raises:
        OSError: the file cannot be read, is broken or cut off; every whole record before the fault was yielded.
    """
    # Yield a record behind the reader, because the reader takes the end of a truncated file for its last record's end.
    held: ArchivedPage | None = None
    last = after or 0
    with path.open("rb") as stream:
        stream.seek(last)
        records = ArchiveIterator(stream, record_types=WarcRecordType.response, parse_http=True, auto_decode="all")
        for record in records:
            if after is not None and record.stream_pos <= after:
                continue
            last = record.stream_pos
            if held:
                yield held
            captured = _captured(record, path.name, most)
            held = ArchivedPage(record.stream_pos, captured) if captured else None
        if not _ends_whole(stream, last):
            raise OSError("cut off")
        if held:
            yield held


def _ends_whole(stream: BinaryIO, offset: int) -> bool:
    """Return whether the gzip members from `offset` on are complete (RFC 1952); True for files other than gzip."""
    stream.seek(offset)
    unpacker = zlib.decompressobj(wbits=31)
    packed = stream.read(_CHUNK)
    if not packed.startswith(b"\x1f\x8b"):
        return True
    while packed:
        unpacker.decompress(packed)
        packed = unpacker.unused_data or stream.read(_CHUNK)
        if unpacker.eof and packed:
            unpacker = zlib.decompressobj(wbits=31)
    return unpacker.eof


def _captured(record: WarcRecord, file: str, most: int) -> Page | Reject | None:
    url = (record.headers.get("WARC-Target-URI") or "").strip(" <>")
    http = record.http_headers
    if http is None or not url.startswith(("http://", "https://")):
        return None
    status = http.status_code or 0
    content_type = (http.get("Content-Type") or "").lower()
    if 300 <= status < 400 or (content_type and not content_type.startswith(_PAGE_TYPES)):
        return None
    try:
        source = source_for(url)
    except ValueError:
        return None
    fetched_at = utc_text(record.record_date) if record.record_date else now_utc()
    body = record.reader.read(most + 1)
    if len(body) > most:
        return Reject(
            page_id=uuid.uuid4().hex,
            url=url,
            source_id=source.id,
            fetched_at=fetched_at,
            reason="too_large",
            detail=f"more than {most} bytes in {file} at {record.stream_pos}"[:_LONGEST_DETAIL],
        )
    return Page(
        page_id=uuid.uuid4().hex,
        url=url,
        requested_url=url,
        status=status,
        headers={name.lower(): value for name, value in http.items() if name.lower() in KEPT_HEADERS},
        body=body,
        fetched_at=fetched_at,
        source_id=source.id,
        source_name=source.name,
        hints=Hints(),
        archive=ArchiveRef(file=file, offset=record.stream_pos),
    )
