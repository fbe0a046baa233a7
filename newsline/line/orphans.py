"""Orphans: processes which outlive their parent become children of this process, which waits for their end.

Only after the end of all orphans may this process say that nothing is left running. Linux only (prctl
PR_SET_CHILD_SUBREAPER). Elsewhere orphans belong to the system, and soon end by their lifelines.
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
#: Seconds between two looks at orphans that are to end.
_LOOK_EVERY = 0.1
#: The guardian of the embedded Valkey may outlive this process: the guardian ends when nobody uses the server.
_GUARDIAN = b"newsline.line.broker"


def adopt() -> None:
    """Become the parent of all processes below this process, from now on, when their own parent ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)


def orphans(children: Collection[int]) -> list[int]:
    """Return the running child processes other than `children`, which the supervisor watches. Reap ended orphans."""
    running = []
    for entry in Path("/proc").iterdir() if sys.platform == "linux" else ():
        if not entry.name.isdigit() or int(entry.name) in children:
            continue
        with suppress(OSError):
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if parent != os.getpid() or _GUARDIAN in (entry / "cmdline").read_bytes():
                continue
            with suppress(ChildProcessError):
                if os.waitpid(int(entry.name), os.WNOHANG)[0] == 0:
                    running.append(int(entry.name))
    return running


def end_orphans(children: Collection[int], grace: float, hurry: Callable[[], bool]) -> None:
    """Wait for the end of orphans; kill those which still run after `grace` seconds, or when `hurry` returns True.

    The orphans' lifelines have told them to end. `children` are watched by the supervisor, and left alone.
    """
    deadline = time.monotonic() + grace
    while running := orphans(children):
        if hurry() or time.monotonic() >= deadline:
            for pid in running:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        time.sleep(_LOOK_EVERY)
