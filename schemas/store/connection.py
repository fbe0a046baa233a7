"""The connection to Valkey (or Redis): one way to make it, for spiders, workers and the command line.

A server that restarts, fails over, is still loading its data, is full (`maxmemory` with `noeviction`) or cannot write
its append-only file makes callers wait and go on, not fail.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ConnectionError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
    TimeoutError,
)
from redis.retry import Retry

from schemas.process.settings import REDIS_URL as REDIS_URL

logger = logging.getLogger(__name__)

#: Pauses of 0.05 s growing to 5 s, about a minute in all, before a command gives up.
_TRIES = 18
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 5.0
#: For processes that a supervisor watches: about half an hour, after which they are started afresh.
SUPERVISED_TRIES = 360
#: How a server says that it cannot write just now: full, out of disk, a replica after a failover, short of replicas.
_NOT_NOW = ("OOM ", "MISCONF ", "READONLY ", "NOREPLICAS ", "MASTERDOWN ", "CLUSTERDOWN ", "TRYAGAIN ", "LOADING ")
#: Errors that are looked at; `not_now` decides.
_WORTH_A_TRY = (ConnectionError, TimeoutError, BusyLoadingError, ResponseError)
#: When a wait is first said, and how often then (s); shorter ones are not worth a line.
_SAY_AFTER, _SAY_EVERY = 2.0, 10.0
#: Over a network, a server that has vanished without a word is missed within a minute (s; Linux's names of options).
_NETWORK: dict[str, Any] = {
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "socket_keepalive_options": {
        getattr(socket, name): value
        for name, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3))
        if hasattr(socket, name)
    },
}

T = TypeVar("T")


def not_now(error: BaseException) -> bool:
    """Whether `error` is the server's state and passes by itself, rather than a mistake of ours."""
    if isinstance(error, ResponseError):
        # the client takes the code off some messages, leaves it on others, and says of a pipeline which command it was
        said = str(error).rpartition("caused error: ")[2]
        return isinstance(error, OutOfMemoryError | ReadOnlyError) or said.startswith(_NOT_NOW)
    return isinstance(error, ConnectionError | TimeoutError) and not isinstance(error, AuthenticationError)


class _Patience(Retry):
    """Tries a command again with growing pauses while the server is away or refuses writes, and says so."""

    def call_with_retry(
        self,
        do: Callable[[], T],
        fail: Callable[..., Any],
        is_retryable: Callable[[Exception], bool] | None = None,
        with_failure_count: bool = False,
    ) -> T:
        """As Retry's."""
        say_at = time.monotonic() + _SAY_AFTER

        def passes(error: Exception) -> bool:
            nonlocal say_at
            if not not_now(error) or (is_retryable and not is_retryable(error)):
                return False
            if time.monotonic() >= say_at:
                say_at = time.monotonic() + _SAY_EVERY
                logger.error("Valkey does not take it: %s; waiting", error)
            return True

        return super().call_with_retry(do, fail, passes, with_failure_count)


class NoBrokerError(RuntimeError):
    """There is no server to talk to."""


def connect(url: str | None = None, tries: int = _TRIES) -> Redis:
    """A client for `url`, or for REDIS_URL: `redis://`, `rediss://`, `valkey://`, `valkeys://` or `unix://`.

    Connections are made when first used. Commands are tried again while the server is away or full, `tries` times with
    growing pauses; all that we send is safe to send twice.

    Raises:
        NoBrokerError: no URL is given.
        ValueError: the URL cannot be understood.
    """
    url = url or os.environ.get(REDIS_URL)
    if not url:
        raise NoBrokerError(f"{REDIS_URL} is not set, and no embedded server was started")
    for ours, theirs in (("valkeys://", "rediss://"), ("valkey://", "redis://")):
        if url.startswith(ours):
            url = theirs + url[len(ours) :]
    # No health_check_interval: a subscriber that waits out a restart would never again find its server healthy, for
    # redis-py subscribes anew inside the check, and takes the answer to that for the answer to its PING.
    return Redis.from_url(
        url,
        **({} if url.startswith("unix:") else _NETWORK),
        retry=_patience(tries),
        retry_on_error=list(_WORTH_A_TRY),
        protocol=2,
    )


def retry_while_away(redis: Redis, tries: int = SUPERVISED_TRIES) -> None:
    """Let a client that others made (RQ's own command line) wait for its server as those of `connect` do."""
    redis.set_retry(_patience(tries))


def _patience(tries: int) -> _Patience:
    return _Patience(ExponentialBackoff(cap=_LONGEST_PAUSE, base=_FIRST_PAUSE), tries, _WORTH_A_TRY)


def without_secret(url: str) -> str:
    """`url` as it may be shown: the password as `***`."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username or ''}:***@{host}"))
