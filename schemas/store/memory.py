"""The memory of an article: a small packed table in Valkey, which expires when nobody looks at the article any more.

A Lua script reads the table with `recall`, changes the table and stores the whole table with `keep` (memory.lua);
nothing else writes there. Field names have a single letter, because Valkey holds millions of tables. A field without
a value is absent.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from enum import Enum, auto
from hashlib import blake2b
from typing import NamedTuple

from schemas.digest import digest
from schemas.store.keys import QUARANTINE
from schemas.store.script import LuaFile
from schemas.urls.twins import twin_key

#: Seconds for which an article is remembered after the last look: 400 days.
REMEMBER = 400 * 86400
#: Bytes of a URL's name; two URLs with the same name by chance would only hide a duplicate's line.
_NAME_BYTES = 8
#: Bytes of a body's name; once in four thousand million changes of a page the change would not be noticed.
_BODY_BYTES = 4
#: Bytes of a source's name; of 65,536 copies of an article under the same title, a single copy would get no line.
_SOURCE_BYTES = 2
#: Bytes of the longest remembered validator.
_LONGEST_VALIDATOR = 128
#: Deflate (RFC 1951) without header and checksum, in zlib's terms.
_DEFLATE = -15


class Step(Enum):
    """A step that sets or clears fields of an article's memory."""

    #: A line of the feed: the article's first or a further revision.
    LINE = auto()
    #: The last line is a withdrawal.
    WITHDRAWAL = auto()
    #: The page of a new line or of a visit: the article was there.
    VISIT = auto()
    #: A visit did not find the article.
    ABSENCE = auto()
    #: The page of a duplicate came from the article's canonical address.
    CANONICAL = auto()
    #: The last visit; no visit follows.
    LAST_VISIT = auto()
    #: An article moved: the field is stored under its new address.
    MOVE = auto()


class Field(NamedTuple):
    """A field of the table: letter, name, type as stored by Lua, and the steps with which a value comes and goes."""

    letter: str
    name: str
    type: type[int | float | str | bytes]
    set_by: tuple[Step, ...]
    cleared_by: tuple[Step, ...] = ()


_LINE, _VISIT, _ABSENCE, _LAST = Step.LINE, Step.VISIT, Step.ABSENCE, Step.LAST_VISIT

FIELDS = (
    Field("r", "revision of the last line", int, (_LINE, Step.WITHDRAWAL)),
    Field("h", "content hash of the last line", bytes, (_LINE,), (Step.WITHDRAWAL,)),
    Field("g", "1: the last line is a withdrawal", int, (Step.WITHDRAWAL,), (_LINE,)),
    Field("b", "name of the last line's URL", bytes, (_LINE, Step.CANONICAL)),
    Field("o", "1: the last line's URL is the canonical address", int, (_LINE, Step.CANONICAL), (_LINE,)),
    Field("k", "url_key, where the article's URL makes another", str, (_VISIT,), (_VISIT,)),
    Field("c", "id of the cluster, where not the article's own id; empty for no cluster", bytes, (_LINE,), (_LINE,)),
    # the only field under an address to which an article moved
    Field("i", "id of the article at this address", str, (Step.MOVE,)),
    # only while visits are to come
    Field("s", "name of the source", bytes, (_VISIT,), (_LAST,)),
    Field("p", "place: URL and title, packed", bytes, (_VISIT,), (_LAST,)),
    Field("e", "ETag", str, (_VISIT,), (_VISIT, _ABSENCE, _LAST)),
    Field("m", "Last-Modified, where there is no ETag", str, (_VISIT,), (_VISIT, _ABSENCE, _LAST)),
    Field("d", "name of the page's body", bytes, (_VISIT,), (_VISIT, _ABSENCE, _LAST)),
    Field("n", "unix time (s) of the first line, or of the line after a withdrawal", float, (_LINE,), (_LAST,)),
    Field("l", "1: a live blog", str, (_VISIT,), (_VISIT, _LAST)),
    Field("y", "pause (s) before a live blog's next visit", float, (_VISIT, _ABSENCE), (_LAST,)),
    Field("x", "visits in a row without the article", int, (_ABSENCE,), (_VISIT, _LAST)),
)


def cleared_by(step: Step) -> str:
    """Return the letters of the fields cleared by `step`."""
    return "".join(field.letter for field in FIELDS if step in field.cleared_by)


#: Lua library: `recall`, `keep`, `hex`, `raw`.
MEMORY_LUA = LuaFile(__package__, "memory", REMEMBER=REMEMBER, QUARANTINE=QUARANTINE)


def url_name(url: str) -> bytes:
    """Return the name of `url`, shared by all URLs of the same page (schemas.urls.twins)."""
    return bytes.fromhex(digest(twin_key(url)))[:_NAME_BYTES]


def source_name(source_id: str) -> bytes:
    """Return the name of a source."""
    return bytes.fromhex(digest(source_id))[:_SOURCE_BYTES]


def body_name(body: bytes) -> bytes:
    """Return the name of a page's body, by which a changed body is noticed."""
    return blake2b(body, digest_size=_BODY_BYTES).digest()


def pack_place(url: str, title: str) -> bytes:
    """Return URL and title, the largest part of the memory, in about three quarters of their size."""
    return zlib.compress(f"{url}\n{title}".encode(), 9, wbits=_DEFLATE)


def unpack_place(packed: bytes) -> tuple[str, str]:
    """Return URL and title from the result of `pack_place`."""
    url, _, title = zlib.decompress(packed, wbits=_DEFLATE).decode().partition("\n")
    return url, title


def validators(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the field with the validator for the next request: an ETag before a date (RFC 9110, section 13.2.2)."""
    for letter, header in (("e", "etag"), ("m", "last-modified")):
        value = headers.get(header)
        if value and len(value.encode()) <= _LONGEST_VALIDATOR:
            return {letter: value}
    return {}
