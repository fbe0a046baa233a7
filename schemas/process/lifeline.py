"""A child process ends when its parent does, however the parent ended: it holds the other end of a pipe."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import BinaryIO

#: How long a child may take to finish what it is doing before it is ended (s).
_GRACE = 30.0
#: How often a child without a pipe looks whether its parent lives (s).
_LOOK_EVERY = 1.0


def end_soon_after_parent() -> None:
    """Watch in a thread that our parent lives; without it end for good when its grace is over.

    For a worker's child, which is forked and holds no pipe: it may finish what it does, but not wait for its Valkey for
    as long as a worker would.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_EVERY)
        time.sleep(_GRACE)
        os._exit(1)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


def end_with_parent(pipe: BinaryIO) -> None:
    """Watch `pipe` in a thread; at its end send ourselves SIGTERM, and end for good when that takes too long."""
    pid = os.getpid()
    descriptor = pipe.fileno()

    def watch() -> None:
        while os.read(descriptor, 4096):  # not the buffered file, whose lock the interpreter needs to shut down
            pass
        os.kill(pid, signal.SIGTERM)
        time.sleep(_GRACE)
        os._exit(1)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()
