"""Requests to stop: SIGTERM, SIGINT and SIGHUP set a flag for the main loop; a second signal asks to hurry."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any


class Stop:
    """Counts the signals to stop while open as a context; only for the main thread."""

    def __init__(self) -> None:
        self._times = 0
        self._event = threading.Event()
        self._old_handlers: dict[signal.Signals, Any] = {}

    @property
    def asked(self) -> bool:
        """Return whether the process is to stop."""
        return self._times > 0

    @property
    def hurry(self) -> bool:
        """Return whether a second signal came."""
        return self._times > 1

    def wait(self, seconds: float) -> None:
        """Sleep for `seconds`, or until the first signal."""
        self._event.wait(seconds)

    def __enter__(self) -> Stop:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if number is signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
                continue  # started by nohup: the end of the terminal is no request to stop
            self._old_handlers[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._old_handlers.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self._times += 1
        self._event.set()
