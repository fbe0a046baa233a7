"""The connection to Valkey (or Redis), made in the same way by spiders, workers and the command line."""

from __future__ import annotations

import os
import socket
import threading
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import BusyLoadingError, NoPermissionError, OutOfMemoryError
from redis.retry import Retry

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


#: Time for a first answer in the foreground (s).
_FIRST_ANSWER = 3.0
#: Parts of an error's text, and what a person can do.
_ADVICE = (
    ("refused", "is the server running, and is the port right?"),
    ("CERTIFICATE_VERIFY_FAILED", "name the authority of its certificate: ?ssl_ca_certs=FILE"),
    ("WRONG_VERSION_NUMBER", "the server does not speak TLS at this port: use redis://"),
    ("SSL", "does the server speak TLS at this port? Otherwise use redis://"),
    ("reset", "does the server speak TLS at this port? Then use rediss://"),
    ("losed", "does the server speak TLS at this port? Then use rediss://"),
    ("uthentication", "check user and password"),
    ("WRONGPASS", "check user and password"),
    ("username-password", "check user and password"),
    ("Error -", "check the name of the host"),
    ("No such file", "is the server running, and is the path of its socket right?"),
)


class NoBrokerError(RuntimeError):
    """No server is configured."""


class UnreachableError(RuntimeError):
    """The server cannot be used now; the message says why, and what to do."""


def connect(url: str | None = None, tries: int = TRIES) -> Redis:
    """Return a client for `url`, or for REDIS_URL: `redis://`, `rediss://`, `valkey://`, `valkeys://` or `unix://`.

    A connection is opened at the first command. Commands are tried again while the server is away or full, up to
    `tries` times with growing pauses (schemas.store.valkey_retry).

    Raises:
        NoBrokerError: there is no URL.
        ValueError: the URL cannot be parsed.
    """
    url = _url_of_redis(url)
    # No health_check_interval. redis-py subscribes again inside the health check, and reads the answer to SUBSCRIBE as
    # the answer to PING: a subscriber would call a restarted server unhealthy for ever.
    return Redis.from_url(
        url,
        **({} if url.startswith("unix:") else _NETWORK),
        retry=ValkeyRetry(tries),
        retry_on_error=list(RETRIED_ERRORS),
        protocol=2,
    )


def ask_once(url: str) -> None:
    """Ask the server for a first answer, for a person who waits in the foreground; try nothing again.

    A server that loads its data or has no memory left is there, and is waited for as always.

    Raises:
        UnreachableError: there is no answer within 3 s, or the server cannot be used.
        ValueError: the URL cannot be parsed.
    """
    client = Redis.from_url(_url_of_redis(url), retry=Retry(NoBackoff(), 0), socket_timeout=_FIRST_ANSWER, protocol=2)
    errors: list[Exception | None] = []

    def ask() -> None:
        try:
            client.ping()
            errors.append(None)
        except Exception as error:
            errors.append(error)

    # in a thread, because the resolver of host names takes as long as it takes
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(_FIRST_ANSWER)
    error = errors[0] if errors else TimeoutError(f"no answer within {_FIRST_ANSWER:g} s")
    if error is None or isinstance(error, BusyLoadingError | OutOfMemoryError | NoPermissionError):
        return
    advice = next((advice for part, advice in _ADVICE if part in str(error)), f"check {REDIS_URL}")
    raise UnreachableError(f"cannot use the server at {without_secret(url)}: {error} ({advice})") from error


def _url_of_redis(url: str | None) -> str:
    """Return `url`, or REDIS_URL, with a scheme that redis-py knows."""
    url = url or os.environ.get(REDIS_URL)
    if not url:
        raise NoBrokerError(f"{REDIS_URL} is not set, and no embedded server was started")
    for scheme, scheme_of_redis in (("valkeys://", "rediss://"), ("valkey://", "redis://")):
        if url.startswith(scheme):
            return scheme_of_redis + url[len(scheme) :]
    return url


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
