"""The end of a child process after the end of the parent, also when the parent was killed."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import BinaryIO

#: Time for a child to finish the task before the child exits (s).
_GRACE = 30.0
#: Pause between two looks at the parent, for a child without a pipe (s).
_LOOK_EVERY = 1.0


def end_soon_after_parent() -> None:
    """Watch the parent in a thread; exit 30 s after the parent's death.

    For a worker's child, which is forked and has no pipe. The child may finish the task, but must not wait for Valkey
    as long as a worker may.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_EVERY)
        time.sleep(_GRACE)
        os._exit(1)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


def end_with_parent(pipe: BinaryIO) -> None:
    """Watch `pipe`, held open by the parent, in a thread. When the pipe closes, send SIGTERM here; exit 30 s later."""
    pid = os.getpid()
    descriptor = pipe.fileno()

    def watch() -> None:
        while os.read(descriptor, 4096):  # not the buffered file: the interpreter needs that lock at shutdown
            pass
        os.kill(pid, signal.SIGTERM)
        time.sleep(_GRACE)
        os._exit(1)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()
