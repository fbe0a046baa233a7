"""Being asked to end: SIGTERM and SIGINT set a flag that a loop looks at; the second time there is a hurry."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any


class Stop:
    """Counts the signals that ask to end, while it is open as a context; for the main thread only."""

    def __init__(self) -> None:
        self._times = 0
        self._event = threading.Event()
        self._before: dict[signal.Signals, Any] = {}

    @property
    def asked(self) -> bool:
        """Whether we are to end."""
        return self._times > 0

    @property
    def hurry(self) -> bool:
        """Whether we were asked twice."""
        return self._times > 1

    def wait(self, seconds: float) -> None:
        """Sleep for so long, or until we are asked for the first time."""
        self._event.wait(seconds)

    def __enter__(self) -> Stop:
        for each in (signal.SIGTERM, signal.SIGINT):
            self._before[each] = signal.signal(each, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        for each, handler in self._before.items():
            signal.signal(each, handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self._times += 1
        self._event.set()
