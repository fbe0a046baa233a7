"""The supervisor: starts child processes, starts dead children again, and ends children."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

logger = logging.getLogger(__name__)

#: Seconds before a dead child is started again: the first pause, doubled with each death in a row, and the longest.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 30.0
#: Seconds of life after which a child's earlier deaths no longer count.
_LONG_LIFE = 60.0
#: Seconds between two looks at children that are to end.
_STOP_LOOK = 0.05


@dataclass
class Child:
    """A process to keep running: `python -m` with `arguments`."""

    #: The name for people.
    name: str
    arguments: list[str]
    #: The first line of the process's standard input, or nothing.
    plan: bytes = b""
    #: Whether exit status 0 means success. Without `ends`, the process is started again after every end.
    ends: bool = False
    #: Whether every start gives the process a new name, `identity`, as the last argument.
    named: bool = False
    identity: str = ""
    #: Whether the process is started again after the next end.
    restart: bool = True
    process: subprocess.Popen[bytes] | None = None
    #: The time of the last start, and of the next start (0: none is due), on the monotonic clock.
    started: float = 0.0
    again: float = 0.0
    #: Number of deaths in a row.
    deaths: int = 0

    def load(self) -> None:
        """Start the process with a lifeline: the pipe to its standard input. The process imports modules, and waits."""
        command = [sys.executable, "-m", *self.arguments]
        if self.named:
            self.identity = f"newsline-{uuid.uuid4().hex[:12]}"
            command.append(self.identity)
        # a session of its own: Ctrl-C in the terminal reaches only this process, which ends the children in order
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)

    def start(self) -> None:
        """Start the process if `load` has not done so, and send the plan."""
        if self.process is None:
            self.load()
        assert self.process and self.process.stdin
        self.started = time.monotonic()
        if self.plan:
            with suppress(BrokenPipeError):  # the process is dead, and the next look sees the death
                self.process.stdin.write(self.plan + b"\n")
                self.process.stdin.flush()

    def poll(self) -> int | None:
        """Return the exit status when the process has ended since the last call, else None."""
        if self.process is None:
            return None
        status = self.process.poll()
        if status is not None:
            if self.process.stdin:
                # Closing sends the plan that the dead process did not read. The next start sends the plan again.
                with suppress(BrokenPipeError):
                    self.process.stdin.close()
            self.process = None
        return status


class Supervisor:
    """Keeps child processes running."""

    def __init__(self, children: list[Child]) -> None:
        self.children = children

    def start(self) -> None:
        """Start all children."""
        for child in self.children:
            child.start()

    def look(self) -> list[tuple[Child, int]]:
        """Start dead children again when due. Return the children ended since the last look, with the exit status."""
        ended = []
        now = time.monotonic()
        for child in self.children:
            status = child.poll()
            if status is not None:
                ended.append((child, status))
                if child.ends and status == 0:
                    child.restart = False
                if child.restart:
                    child.deaths = 1 if now - child.started > _LONG_LIFE else child.deaths + 1
                    child.again = now + min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (child.deaths - 1))
                    logger.warning("%s ended with status %s; it is started again", child.name, status)
            elif child.process is None and child.restart and child.again and now >= child.again:
                child.again = 0.0
                child.start()
        return ended

    def pids(self) -> set[int]:
        """Return the process ids of the running children."""
        return {child.process.pid for child in self.children if child.process}

    def stop(
        self, grace: float, children: Sequence[Child] | None = None, hurry: Callable[[], bool] = lambda: False
    ) -> None:
        """Ask `children` (None: all) to end, by SIGTERM, and wait for their end. Keep the other children running.

        Kill `children` which still run after `grace` seconds, or when `hurry` returns True.
        """
        ending = self.children if children is None else children
        for child in ending:
            child.restart = False
            if child.process:
                child.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + grace
        while running := [child for child in ending if child.process]:
            self.look()
            if hurry() or time.monotonic() >= deadline:
                for child in running:
                    if child.process:
                        logger.warning("%s did not end in time and is killed", child.name)
                        child.process.kill()
                        child.process.wait()
            time.sleep(_STOP_LOOK)
