"""Which page a worker's child is at, told to its parent through shared memory: it holds when the child is killed."""

from __future__ import annotations

import mmap
import struct
import time

#: Monotonic seconds since when, length of the id, the id.
_LAYOUT = struct.Struct("<dB63s")

_shared: mmap.mmap | None = None


def share() -> None:
    """Open the shared memory; the parent calls this once before it forks."""
    global _shared
    _shared = _shared or mmap.mmap(-1, _LAYOUT.size)


def working_on(page_id: str | None) -> None:
    """The child says which page it begins; None for none. Does nothing where no parent listens."""
    if _shared is not None:
        name = (page_id or "").encode("ascii")
        _shared[:] = _LAYOUT.pack(time.monotonic(), len(name), name)


def current() -> tuple[str, float] | None:
    """The page that the child is at and for how long (s); None when it is at none."""
    if _shared is None:
        return None
    since, length, name = _LAYOUT.unpack(_shared[:])
    return (name[:length].decode("ascii"), time.monotonic() - since) if length else None
