"""Temporary errors: decide whether and when to send the same request again."""

from __future__ import annotations

import random
import time

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
from schemas.store.health import HealthMark
from scrapers.fetch.scrapy_adapter import TunnelError

#: Temporary statuses: overload, gateways, and Cloudflare's statuses for an unreachable origin (520 to 524).
PASSING_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
#: Most tries of a candidate for which the server asks for later requests.
_MOST_BY_SERVER = 10
#: Longest pause between two tries (s).
_LONGEST_PAUSE = 300.0

#: Temporary failures of the connection.
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
    """There is no answer now; the same request may be sent at `until` (unix time).

    `sent`: the request was sent; a request held back costs the candidate no try.
    `by_server`: the server asked for a later request.
    `mark`: the mark of the trouble in the source's health, if any.
    """

    def __init__(
        self, why: str, until: float, *, sent: bool, by_server: bool = False, mark: HealthMark | None = None
    ) -> None:
        super().__init__(why)
        self.until = until
        self.sent = sent
        self.by_server = by_server
        self.mark = mark


def pause(tries: int) -> float:
    """Return the pause after `tries` failures in a row (s): 1, 2, 4 … with a little jitter, at most five minutes."""
    return float(min(_LONGEST_PAUSE, 2.0 ** max(0, tries - 1)) * random.uniform(1.0, 1.25))


def passes(error: BaseException | None, *, answering: bool) -> bool:
    """Return whether `error` may be gone at the next try.

    `answering`: the headers of the answer had come. A time-out after the headers is the sign of a slow page, not of an
    accident: there is no other try.
    """
    if isinstance(error, DownloadTimeoutError) and answering:
        return False
    return isinstance(error, _PASSING)


def again_at(
    error: BaseException | None, tries: int, settings: Settings, *, answering: bool
) -> tuple[float, int] | None:
    """Return the time of the next try after `error`, and the number of tries until then; None for no other try.

    `tries` counts the tries before the failed try.
    """
    if isinstance(error, TryLaterError):
        if not error.sent:
            return error.until, tries
        most = _MOST_BY_SERVER if error.by_server else settings.retry_times
        return (max(error.until, time.time() + pause(tries + 1)), tries + 1) if tries < most else None
    if passes(error, answering=answering) and tries < settings.retry_times:
        return time.time() + pause(tries + 1), tries + 1
    return None
