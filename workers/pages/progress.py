"""Which page a worker's child is at, told to its parent through shared memory: it holds when the child is killed.

The other way round the parent tells the child that others have the pages behind that one.
"""

from __future__ import annotations

import mmap
import struct
import time
from typing import NamedTuple

#: Said by the child: monotonic seconds since when, how many pages of its job stand behind, length of the id, the id.
_LAYOUT = struct.Struct("<dIB63s")
#: Said by the parent: whether it has given those away.
_GIVEN = _LAYOUT.size

_shared: mmap.mmap | None = None


class At(NamedTuple):
    """The page that a child is at, for how long (s), and how many pages of its job are still to come."""

    page_id: str
    seconds: float
    waiting: int


def share() -> None:
    """Open the shared memory; the parent calls this once before it forks."""
    global _shared
    _shared = _shared or mmap.mmap(-1, _GIVEN + 1)


def begin() -> None:
    """The parent is about to start a job: the child is at no page, and nothing is given away."""
    working_on(None)
    if _shared is not None:
        _shared[_GIVEN] = 0


def working_on(page_id: str | None, waiting: int = 0) -> None:
    """The child says which page it begins, None for none. Does nothing where no parent listens."""
    if _shared is not None:
        name = (page_id or "").encode("ascii")
        _shared[: _LAYOUT.size] = _LAYOUT.pack(time.monotonic(), waiting, len(name), name)


def current() -> At | None:
    """Where the child is; None when it is at no page."""
    if _shared is None:
        return None
    since, waiting, length, name = _LAYOUT.unpack(_shared[: _LAYOUT.size])
    return At(name[:length].decode("ascii"), time.monotonic() - since, waiting) if length else None


def give_rest() -> None:
    """The parent says that others have what stands behind the child's page."""
    if _shared is not None:
        _shared[_GIVEN] = 1


def rest_given() -> bool:
    """Whether the parent has said so since the job began."""
    return _shared is not None and _shared[_GIVEN] == 1
