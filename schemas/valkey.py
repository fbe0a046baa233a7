"""The connection to Valkey (or Redis): one way to make it, for spiders, workers and the command line.

A server that restarts, fails over or is still loading its data makes callers wait and go on, not fail.
"""

from __future__ import annotations

import os
from urllib.parse import urlsplit, urlunsplit

from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import BusyLoadingError, ConnectionError, TimeoutError
from redis.retry import Retry

#: The environment variable that every part reads; the embedded server is announced to child processes by it, too.
REDIS_URL = "REDIS_URL"

#: Pauses of 0.05 s growing to 5 s, about a minute in all, before a command gives up.
_TRIES = 18
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 5.0


class NoBrokerError(RuntimeError):
    """There is no server to talk to."""


def connect(url: str | None = None) -> Redis:
    """A client for `url`, or for REDIS_URL: `redis://`, `rediss://`, `valkey://`, `valkeys://` or `unix://`.

    Connections are made when first used. Commands are tried again while the server is away; all that we send is safe
    to send twice.

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
    retry = Retry(ExponentialBackoff(cap=_LONGEST_PAUSE, base=_FIRST_PAUSE), _TRIES)
    network = {} if url.startswith("unix:") else {"socket_connect_timeout": 5, "socket_keepalive": True}
    return Redis.from_url(
        url,
        **network,
        retry=retry,
        retry_on_error=[ConnectionError, TimeoutError, BusyLoadingError],
        health_check_interval=30,
        protocol=2,
    )


def without_secret(url: str) -> str:
    """`url` as it may be shown: the password as `***`."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username or ''}:***@{host}"))
