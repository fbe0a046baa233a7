"""Lock files, which exist only while a process holds the lock; the kernel drops the lock of a dead process."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import BinaryIO


def locked(path: Path, operation: int) -> BinaryIO:
    """Return the file at `path`, made when missing, and locked by `operation` of flock.

    Raises:
        BlockingIOError: another process holds the lock, and `operation` does not wait.
        OSError: the file cannot be made.
    """
    while True:
        file = path.open("wb")
        try:
            fcntl.flock(file, operation)
        except BaseException:
            file.close()
            raise
        if _is_at(file, path):
            return file
        file.close()  # the last holder has just removed the file: nobody else sees our lock


def remove_lock(path: Path, file: BinaryIO) -> None:
    """Remove the lock file at `path`, exclusively locked by the caller as `file`, and release the lock."""
    if _is_at(file, path):
        path.unlink()
    file.close()


def held(path: Path) -> bool:
    """Return whether a process holds the exclusive lock at `path`."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _is_at(file: BinaryIO, path: Path) -> bool:
    """Return whether `path` still leads to the open `file`."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
