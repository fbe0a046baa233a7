"""Lock files that are there only as long as somebody holds them; the kernel drops a lock with its process."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import BinaryIO


def locked(path: Path, operation: int) -> BinaryIO:
    """The file at `path`, made when it is not there, locked by `operation` of flock.

    Raises:
        BlockingIOError: it is held, and `operation` is not to wait.
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
        file.close()  # its last holder has just removed it: what we hold is no longer what others see


def remove_lock(path: Path, file: BinaryIO) -> None:
    """Remove the lock file at `path`, which the caller holds alone as `file`, and give it back."""
    if _is_at(file, path):
        path.unlink()
    file.close()


def held(path: Path) -> bool:
    """Whether somebody holds the lock at `path` alone."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _is_at(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
