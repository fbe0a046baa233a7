"""The retry policy towards Valkey: which errors pass by themselves, and how callers wait for the server.

Valkey may be away, loading data, full (`maxmemory` with `noeviction`), out of disk, or a replica after a failover.
All callers then wait and go on; nothing is dropped, and every call may be made twice. Three forms:

1. `ValkeyRetry`: redis-py's own retry, on every connection (schemas.store.connection).
2. `retry_in_thread`: calls from a spider's event loop, without an end.
3. `retry_until_stop`: loops of a process with a Stop.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from redis.backoff import ExponentialBackoff
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ConnectionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TimeoutError,
)
from redis.retry import Retry

from schemas.process.stop import Stop

logger = logging.getLogger(__name__)

#: Tries of a command, with pauses of 0.05 s growing to 5 s: about a minute in all.
TRIES = 18
#: The same for commands in the foreground, after a first answer: about two seconds.
FOREGROUND_TRIES = 5
#: The same for processes with a supervisor: about half an hour in all.
SUPERVISED_TRIES = 360
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 5.0
#: First and longest pause (s) of the forms without an end, after the connection's own tries.
_FIRST_LONG_PAUSE, _LONGEST_LONG_PAUSE = 1.0, 15.0
#: Seconds of waiting before the first log message, and between messages.
_LOG_AFTER, _LOG_EVERY = 2.0, 10.0
#: Errors handed to the policy by redis-py; `is_temporary` decides.
RETRIED_ERRORS = (ConnectionError, TimeoutError, BusyLoadingError, ResponseError)
#: Codes of a server without writes for the moment: full, out of disk, a replica after a failover, short of replicas.
_TEMPORARY = ("OOM ", "MISCONF ", "READONLY ", "NOREPLICAS ", "MASTERDOWN ", "CLUSTERDOWN ", "TRYAGAIN ", "LOADING ")

P = ParamSpec("P")
T = TypeVar("T")


class StoppedError(RuntimeError):
    """The process was told to stop while Valkey refused a call."""


def is_temporary(error: BaseException) -> bool:
    """Return whether `error` is a passing state of the server, and no mistake in the call."""
    if isinstance(error, ResponseError):
        # redis-py removes the code from some messages, and begins errors of a pipeline with the failed command
        message = str(error).rpartition("caused error: ")[2]
        return isinstance(error, OutOfMemoryError | ReadOnlyError) or message.startswith(_TEMPORARY)
    return isinstance(error, ConnectionError | TimeoutError) and not isinstance(error, AuthenticationError)


class ValkeyRetry(Retry):
    """Tries a command again, with growing pauses, as long as the error is temporary; logs long waits."""

    def __init__(self, tries: int) -> None:
        super().__init__(ExponentialBackoff(cap=_LONGEST_PAUSE, base=_FIRST_PAUSE), tries, RETRIED_ERRORS)

    def call_with_retry(
        self,
        do: Callable[[], T],
        fail: Callable[..., Any],
        is_retryable: Callable[[Exception], bool] | None = None,
        with_failure_count: bool = False,
    ) -> T:
        """Do as Retry does, for temporary errors only."""
        log_at = time.monotonic() + _LOG_AFTER

        def is_temporary_and_logged(error: Exception) -> bool:
            nonlocal log_at
            if not is_temporary(error) or (is_retryable and not is_retryable(error)):
                return False
            if time.monotonic() >= log_at:
                log_at = time.monotonic() + _LOG_EVERY
                logger.error("Valkey refuses commands: %s; waiting", error)
            return True

        return super().call_with_retry(do, fail, is_temporary_and_logged, with_failure_count)


async def retry_in_thread(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return the result of `call`, made in a thread, and again with pauses of 1 s to 15 s while Valkey refuses.

    Raises:
        RedisError: the error is not temporary.
    """
    pause = _FIRST_LONG_PAUSE
    while True:
        try:
            return await asyncio.to_thread(call, *args, **kwargs)
        except RedisError as error:
            if not is_temporary(error):
                raise
            logger.warning("Valkey refuses commands: %s; trying again in %.0f s", error, pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_LONG_PAUSE)


def retry_until_stop(call: Callable[[], T], stop: Stop) -> T:
    """Return the result of `call`, made again every second while Valkey refuses the call and nobody asks to stop.

    Raises:
        StoppedError: Valkey refuses the call, and the process is told to stop.
        RedisError: the error is not temporary.
    """
    while True:
        try:
            return call()
        except RedisError as error:
            if not is_temporary(error):
                raise
            if stop.asked:
                raise StoppedError(f"stopped while Valkey refused commands: {error}") from error
            logger.error("Valkey refuses commands: %s; waiting", error)
            stop.wait(_FIRST_LONG_PAUSE)
