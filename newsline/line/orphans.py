"""Processes that outlive the one which started them come to us, so that we can say when nothing is left running.

Linux only (prctl PR_SET_CHILD_SUBREAPER); elsewhere they are the system's, and end by their lifelines soon.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
_LOOK_EVERY = 0.1
#: The guardian of the embedded Valkey is meant to outlive us: it ends by itself when nobody uses its server.
_NOT_OURS = b"newsline.line.broker"


def adopt() -> None:
    """From now on, be the parent of all processes below us whose own parent is gone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)


def orphans(known: Collection[int]) -> list[int]:
    """Our children that run, but for the `known`, after which somebody else looks; those that have ended are reaped."""
    running = []
    for entry in Path("/proc").iterdir() if sys.platform == "linux" else ():
        if not entry.name.isdigit() or int(entry.name) in known:
            continue
        with suppress(OSError):
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if parent != os.getpid() or _NOT_OURS in (entry / "cmdline").read_bytes():
                continue
            with suppress(ChildProcessError):
                if os.waitpid(int(entry.name), os.WNOHANG)[0] == 0:
                    running.append(int(entry.name))
    return running


def end_orphans(known: Collection[int], grace: float, hurry: Callable[[], bool]) -> None:
    """Wait for orphans to end, who know that they are to; kill what runs after `grace` seconds or in a hurry."""
    deadline = time.monotonic() + grace
    while left := orphans(known):
        if hurry() or time.monotonic() >= deadline:
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        time.sleep(_LOOK_EVERY)
