"""Calls to a server that refuses commands: temporary errors are waited for, mistakes in a call are not."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

import pytest
from redis.exceptions import ConnectionError, OutOfMemoryError, RedisError, ResponseError

from schemas.process.stop import Stop
from schemas.store import valkey_retry
from schemas.store.valkey_retry import StoppedError, retry_in_thread, retry_until_stop


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(valkey_retry, "_FIRST_LONG_PAUSE", 0.01)


def _refused(times: int, error: Exception) -> Callable[[], str]:
    """Return a function that raises `error` so many times, and then answers."""
    errors = [error] * times

    def call() -> str:
        if errors:
            raise errors.pop()
        return "answer"

    return call


@pytest.mark.parametrize(
    "error", [ConnectionError("gone"), OutOfMemoryError("full"), ResponseError("MISCONF disk full")]
)
def test_a_temporary_error_is_waited_for(error: RedisError) -> None:
    assert asyncio.run(retry_in_thread(_refused(3, error))) == "answer"
    assert retry_until_stop(_refused(3, error), Stop()) == "answer"


def test_a_mistake_is_raised_at_once() -> None:
    mistake = ResponseError("WRONGTYPE Operation against a key")
    with pytest.raises(ResponseError):
        asyncio.run(retry_in_thread(_refused(1, mistake)))
    with pytest.raises(ResponseError):
        retry_until_stop(_refused(1, mistake), Stop())


def test_a_stop_ends_the_wait() -> None:
    with Stop() as stop, pytest.raises(StoppedError, match="gone"):
        threading.Timer(0.1, stop._ask, (0, None)).start()
        retry_until_stop(_refused(10**6, ConnectionError("gone")), stop)


def test_an_answer_that_comes_after_the_stop_counts() -> None:
    with Stop() as stop:
        stop._ask(0, None)
        started = time.monotonic()
        assert retry_until_stop(lambda: "answer", stop) == "answer"
        assert time.monotonic() - started < 1
