"""Share a child's progress with the parent process, through shared memory, which survives a killed child.

The child writes the page of the moment. The parent writes whether the parent has given away the pages behind that page.
"""

from __future__ import annotations

import mmap
import struct
import time
import zlib
from typing import NamedTuple

#: Written by the child: checksum (CRC-32) of the rest, so that the parent notices a read in the middle of a write.
_CHECKSUM = struct.Struct("<I")
#: Written by the child: monotonic time (seconds) of the page's begin, pages of the job behind, the id's length, the id.
_LAYOUT = struct.Struct("<dIB63s")
_SIZE = _CHECKSUM.size + _LAYOUT.size
#: Written by the parent: offset of a byte, 1 when the pages behind are given away.
_GIVEN_AWAY = _SIZE
#: Reads before a parent takes a child that always writes for a child between pages.
_MOST_READS = 100

_shared: mmap.mmap | None = None


class Progress(NamedTuple):
    """The page of a child, the seconds since the page's begin, and the number of pages of the job behind."""

    page_id: str
    seconds: float
    waiting: int


def share() -> None:
    """Open the shared memory; the parent calls this function once before the first fork."""
    global _shared
    _shared = _shared or mmap.mmap(-1, _GIVEN_AWAY + 1)


def begin() -> None:
    """Clear the progress before a job starts; called by the parent."""
    working_on(None)
    if _shared is not None:
        _shared[_GIVEN_AWAY] = 0


def working_on(page_id: str | None, waiting: int = 0) -> None:
    """Write the page that begins now, None between pages; called by the child. Do nothing without shared memory."""
    if _shared is not None:
        name = (page_id or "").encode("ascii")
        content = _LAYOUT.pack(time.monotonic(), waiting, len(name), name)
        _shared[:_SIZE] = _CHECKSUM.pack(zlib.crc32(content)) + content


def current() -> Progress | None:
    """Return the child's progress, None between pages. A read in the middle of a write is made again."""
    for _ in range(_MOST_READS if _shared is not None else 0):
        assert _shared is not None
        stored = _shared[:_SIZE]
        content = stored[_CHECKSUM.size :]
        if _CHECKSUM.unpack_from(stored)[0] == zlib.crc32(content):
            since, waiting, length, name = _LAYOUT.unpack(content)
            return Progress(name[:length].decode("ascii"), time.monotonic() - since, waiting) if length else None
    return None


def give_rest() -> None:
    """Mark the pages behind the child's page as given away; called by the parent."""
    if _shared is not None:
        _shared[_GIVEN_AWAY] = 1


def rest_given() -> bool:
    """Return whether the parent has given the pages behind away since the job began."""
    return _shared is not None and _shared[_GIVEN_AWAY] == 1
