"""The connection to Valkey (or Redis), made in the same way by spiders, workers and the command line."""

from __future__ import annotations

import os
import socket
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from redis import Redis

from schemas.process.settings import REDIS_URL as REDIS_URL
from schemas.store.valkey_retry import RETRIED_ERRORS, SUPERVISED_TRIES, TRIES, ValkeyRetry

#: Over a network, the loss of a server is noticed within a minute (s; names of options as in Linux).
_NETWORK: dict[str, Any] = {
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "socket_keepalive_options": {
        getattr(socket, name): value
        for name, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3))
        if hasattr(socket, name)
    },
}


class NoBrokerError(RuntimeError):
    """No server is configured."""


def connect(url: str | None = None, tries: int = TRIES) -> Redis:
    """Return a client for `url`, or for REDIS_URL: `redis://`, `rediss://`, `valkey://`, `valkeys://` or `unix://`.

    A connection is opened at the first command. Commands are tried again while the server is away or full, up to
    `tries` times with growing pauses (schemas.store.valkey_retry).

    Raises:
        NoBrokerError: there is no URL.
        ValueError: the URL cannot be parsed.
    """
    url = url or os.environ.get(REDIS_URL)
    if not url:
        raise NoBrokerError(f"{REDIS_URL} is not set, and no embedded server was started")
    for scheme, scheme_of_redis in (("valkeys://", "rediss://"), ("valkey://", "redis://")):
        if url.startswith(scheme):
            url = scheme_of_redis + url[len(scheme) :]
    # No health_check_interval. redis-py subscribes again inside the health check, and reads the answer to SUBSCRIBE as
    # the answer to PING: a subscriber would call a restarted server unhealthy for ever.
    return Redis.from_url(
        url,
        **({} if url.startswith("unix:") else _NETWORK),
        retry=ValkeyRetry(tries),
        retry_on_error=list(RETRIED_ERRORS),
        protocol=2,
    )


def retry_while_away(redis: Redis, tries: int = SUPERVISED_TRIES) -> None:
    """Give a client made elsewhere (by RQ's command line) the retries of `connect`."""
    redis.set_retry(ValkeyRetry(tries))


def without_secret(url: str) -> str:
    """Return `url` fit to be shown: `***` in place of the password."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username or ''}:***@{host}"))
