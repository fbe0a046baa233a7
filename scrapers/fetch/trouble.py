"""What may pass: errors after which the same URL is worth asking again, and when."""

from __future__ import annotations

import random
import time

from scrapy.core.downloader.handlers.http11 import TunnelError
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from twisted.internet.error import ConnectError, ConnectionDone, ConnectionLost

from schemas.process.settings import Settings

#: Statuses that pass: overload, gateways, and what Cloudflare makes of an origin that does not answer (520 to 524).
PASSING_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
#: A candidate that is told to come back later is asked this often, however short the waits.
_MOST_TOLD = 10
#: Longest pause between two tries (s).
_LONGEST_PAUSE = 300.0

#: Failures on the way that pass.
_PASSING = (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
    ConnectError,
    ConnectionDone,
    ConnectionLost,
    TunnelError,
)


class TryLaterError(IgnoreRequest):
    """No answer now; the same request may be made at `until` (unix time).

    `asked` says whether it was made at all: what was not asked costs the candidate no try. `told` says that the server
    named the time. `mark` is the field of the source's health that shows this, if any.
    """

    def __init__(self, why: str, until: float, *, asked: bool, told: bool = False, mark: str | None = None) -> None:
        super().__init__(why)
        self.until = until
        self.asked = asked
        self.told = told
        self.mark = mark


def pause(tries: int) -> float:
    """How long to wait after `tries` failures in a row (s): 1, 2, 4 … and a little jitter, at most five minutes."""
    return float(min(_LONGEST_PAUSE, 2.0 ** max(0, tries - 1)) * random.uniform(1.0, 1.25))


def passes(error: BaseException | None, *, answering: bool) -> bool:
    """Whether what stopped a request may be gone at the next try.

    `answering`: the headers of the answer had come. A page that is still not there when its time is up is a slow
    one, not an accident, so it is not asked again.
    """
    if isinstance(error, DownloadTimeoutError) and answering:
        return False
    return isinstance(error, _PASSING)


def again_at(
    error: BaseException | None, tries: int, settings: Settings, *, answering: bool
) -> tuple[float, int] | None:
    """When what failed with `error`, after `tries` tries before, is to be tried again, and its tries by then.

    None for never.
    """
    if isinstance(error, TryLaterError):
        if not error.asked:
            return error.until, tries
        most = _MOST_TOLD if error.told else settings.retry_times
        return (max(error.until, time.time() + pause(tries + 1)), tries + 1) if tries < most else None
    if passes(error, answering=answering) and tries < settings.retry_times:
        return time.time() + pause(tries + 1), tries + 1
    return None
