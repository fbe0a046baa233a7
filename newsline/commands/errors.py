"""What every command does first and at the end: settings are read, and errors become messages that a user reads."""

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
    """Read the settings from the environment and set up the log.

    Raises:
        click.UsageError: a setting has a value that is not allowed.
    """
    from schemas.process.logs import log_to_stderr
    from schemas.process.settings import SettingError, load_settings

    try:
        loaded = load_settings()
    except SettingError as error:
        raise click.UsageError(str(error)) from error
    log_to_stderr(loaded)
    return loaded


@contextmanager
def line_errors() -> Iterator[None]:
    """Turn errors of the server, the feed and the spider into messages."""
    from redis.exceptions import RedisError

    from newsline.line.broker import BrokerError
    from newsline.line.loop import SpiderError
    from workers.feed.writer import FeedError

    try:
        yield
    except (BrokerError, FeedError, SpiderError, RedisError) as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def source_errors() -> Iterator[None]:
    """Turn mistakes in a file of sources into messages."""
    try:
        yield
    except ValueError as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def valkey(data: Path) -> Iterator[Redis]:
    """Connect to the server of a line that has run, for a command that looks at the state of the line.

    Raises:
        click.ClickException: no line has run in `data`, or the server cannot be reached.
    """
    from redis.exceptions import RedisError

    from newsline.line.broker import BrokerError, broker
    from schemas.store.connection import REDIS_URL, connect

    read_settings()
    if REDIS_URL not in os.environ and not (data / "valkey").is_dir():
        raise click.ClickException(f"no newsline has run in {data}: name its directory with --data, or set {REDIS_URL}")
    try:
        with broker(data):
            yield connect()
    except (BrokerError, RedisError) as error:
        raise click.ClickException(str(error)) from error
