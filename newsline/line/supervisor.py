"""Starts child processes, starts them again when they die, and ends them."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

logger = logging.getLogger(__name__)

#: The first pause before a child that died is started again, doubled with each death in a row (s).
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 30.0
#: A child that lived this long starts with a clean sheet (s).
_LONG_LIFE = 60.0
#: How often children that are to end are looked at (s).
_STOP_LOOK = 0.05


@dataclass
class Child:
    """A process to keep running: `python -m` with `arguments`; `plan` is the first line of its standard input.

    One that is `named` gets a new name as its last argument whenever it is started.

    One that `ends` is done when its exit status is 0; others are started again whatever their status.
    """

    name: str
    arguments: list[str]
    plan: bytes = b""
    ends: bool = False
    named: bool = False
    identity: str = ""
    restart: bool = True
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    again: float = field(default=0.0)

    def load(self) -> None:
        """Start the process with the far end of its lifeline in our hand; it loads what it needs, and waits."""
        command = [sys.executable, "-m", *self.arguments]
        if self.named:
            self.identity = f"newsline-{uuid.uuid4().hex[:12]}"
            command.append(self.identity)
        # its own session: Ctrl-C in the terminal reaches us alone, and we end our children in order
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)

    def start(self) -> None:
        """Start the process, unless that is done, and give it its plan."""
        if self.process is None:
            self.load()
        assert self.process and self.process.stdin
        self.started = time.monotonic()
        if self.plan:
            with suppress(BrokenPipeError):  # it is dead, as the next look will see
                self.process.stdin.write(self.plan + b"\n")
                self.process.stdin.flush()

    def poll(self) -> int | None:
        """The exit status when the process has just ended, else None."""
        if self.process is None:
            return None
        status = self.process.poll()
        if status is not None:
            if self.process.stdin:
                self.process.stdin.close()
            self.process = None
        return status


class Supervisor:
    """Keeps `children` running."""

    def __init__(self, children: list[Child]) -> None:
        self.children = children

    def start(self) -> None:
        """Start all."""
        for child in self.children:
            child.start()

    def look(self) -> list[tuple[Child, int]]:
        """Those that have ended since the last look, with their exit status; starts again what is due."""
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
        """The processes that run."""
        return {child.process.pid for child in self.children if child.process}

    def stop(
        self, grace: float, children: Sequence[Child] | None = None, hurry: Callable[[], bool] = lambda: False
    ) -> None:
        """Ask `children` (None: all) to end by SIGTERM and wait for them, while the others are kept running.

        Those that still run after `grace` seconds, or when there is a `hurry`, are killed.
        """
        ending = self.children if children is None else children
        for child in ending:
            child.restart = False
            if child.process:
                child.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + grace
        while left := [child for child in ending if child.process]:
            self.look()
            if hurry() or time.monotonic() >= deadline:
                for child in left:
                    if child.process:
                        logger.warning("%s did not end in time and is killed", child.name)
                        child.process.kill()
                        child.process.wait()
            time.sleep(_STOP_LOOK)
