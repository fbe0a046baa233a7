"""The first and the last step of commands: settings are read, and errors become messages for the user."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from redis import Redis

    from schemas.process.settings import Settings


def read_settings() -> Settings:
    """Read the settings from the environment, and set up the log.

    Raises:
        click.UsageError: the value of a setting is not allowed.
    """
    from schemas.process.logs import log_to_stderr
    from schemas.process.settings import SettingError, load_settings

    try:
        settings = load_settings()
    except SettingError as error:
        raise click.UsageError(str(error)) from error
    log_to_stderr(settings)
    return settings


def tell_unknown_settings() -> None:
    """Warn of variables with our prefix that are no settings, most often typing errors."""
    from schemas.process.settings import unknown_settings

    for warning in unknown_settings(os.environ):
        click.echo(f"Warning: {warning}", err=True)


@contextmanager
def line_errors() -> Iterator[None]:
    """Turn errors of the server, the feed, the spider and the metrics' port into messages."""
    try:
        yield
    except Exception as error:
        # imported late: most of the line loads while the server starts
        from redis.exceptions import RedisError

        from newsline.line.broker import BrokerError
        from newsline.line.loop import SpiderError
        from newsline.line.run import PortTakenError
        from workers.feed.writer import FeedError

        if isinstance(error, (BrokerError, FeedError, SpiderError, PortTakenError, RedisError)):
            raise click.ClickException(str(error)) from error
        raise


@contextmanager
def source_errors() -> Iterator[None]:
    """Turn mistakes in a file of sources into messages."""
    try:
        yield
    except ValueError as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def quarantine_errors() -> Iterator[None]:
    """Turn an id which is not in quarantine, or an entry without anything to replay, into a message."""
    from schemas.store.quarantine import CannotReplayError, NotInQuarantineError

    try:
        yield
    except CannotReplayError as error:
        raise click.ClickException(str(error)) from error
    except NotInQuarantineError as error:
        raise click.ClickException(
            f"page {error} is not in quarantine; newsline quarantine list shows the ids"
        ) from error


@contextmanager
def valkey(data: Path, *, daemon: bool = False) -> Iterator[Redis]:
    """Connect to the server of an earlier or running line, for a command which looks at the line's state.

    The reason why the server cannot be used is told within seconds; a `daemon` waits for the server.

    Raises:
        click.ClickException: no line has run in `data`, or the server cannot be reached.
    """
    from redis.exceptions import RedisError

    from newsline.line.broker import BrokerError, broker
    from schemas.store.connection import REDIS_URL, connect
    from schemas.store.valkey_retry import FOREGROUND_TRIES, TRIES

    read_settings()
    if REDIS_URL not in os.environ and not (data / "valkey").is_dir():
        raise click.ClickException(
            f"no newsline has run in {data}: give the --data directory of crawl or run, or set {REDIS_URL}"
        )
    try:
        with broker(data, foreground=not daemon):
            yield connect(tries=TRIES if daemon else FOREGROUND_TRIES)
    except (BrokerError, RedisError) as error:
        raise click.ClickException(str(error)) from error
