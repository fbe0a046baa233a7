"""Run the feed writer as a process, which also sweeps: lost pages are found even while no page worker runs.

Start the process by `newsline feed write DIR`. A supervisor starts `python -m workers.feed.process DIR`; that process
ends when its standard input closes.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from schemas.process.heartbeat import Heartbeat, alive
from schemas.process.lifeline import end_with_parent
from schemas.process.logs import log_to_stderr
from schemas.process.settings import Settings, load_settings
from schemas.process.stop import Stop
from schemas.store.connection import connect
from schemas.store.valkey_retry import StoppedError, retry_until_stop
from workers.feed.writer import FeedError, FeedWriter, write_to_directory
from workers.pages.sweep import sweep

logger = logging.getLogger(__name__)

_ROLE = "feed writer"
#: Pause (seconds) while the streams are empty.
_LOOK_EVERY = 0.1
#: Pause (seconds) between two sweeps.
_SWEEP_EVERY = 20.0
#: Tries of a command, about two seconds; then the loop checks for a stop signal.
_TRIES = 6


def write_feed(redis: Redis, directory: Path, settings: Settings) -> None:
    """Write the feed in `directory` until SIGTERM or SIGINT; then write the remaining entries and return.

    Raises:
        FeedError: the directory cannot be written, or another writer serves this Valkey.
    """
    with Stop() as stop:
        heartbeat = sole_writer(redis, directory, settings)
        writer = write_to_directory(redis, directory, settings)
        try:
            _write(redis, writer, heartbeat, settings, stop)
        finally:
            writer.close()
        with suppress(RedisError):  # without a server, the sign of life expires by itself
            heartbeat.leave()


def sole_writer(redis: Redis, directory: Path | None, settings: Settings) -> Heartbeat:
    """Return the heartbeat of a writer of `directory`, or of standard output for None, after the first sign of life.

    Raises:
        FeedError: a writer of another directory is alive.
    """
    refuse_second_writer(redis, directory, settings)
    heartbeat = Heartbeat(redis, _ROLE, _place(directory))
    heartbeat.beat()
    return heartbeat


def refuse_second_writer(redis: Redis, directory: Path | None, settings: Settings) -> None:
    """Refuse to write in `directory` while a writer of another directory is alive: both would trim the streams.

    Raises:
        FeedError: a writer of another directory is alive.
    """
    for process in alive(redis, settings.worker_gone):
        if process.role == _ROLE and process.detail != _place(directory):
            raise FeedError(
                f"the feed writer {process.pid} on {process.host} takes the lines of this Valkey already, for "
                f"{process.detail.partition(':')[2]}: write to the same directory, use another --data, or wait"
            )


def _place(directory: Path | None) -> str:
    place = directory.resolve() if directory else f"standard output of process {os.getpid()}"
    return f"{socket.gethostname()}:{place}"


def _write(redis: Redis, writer: FeedWriter, heartbeat: Heartbeat, settings: Settings, stop: Stop) -> None:
    last_sweep = 0.0

    def write_batch() -> tuple[bool, int]:
        nonlocal last_sweep
        ending = stop.asked  # read before the streams: every entry from before the signal is written
        heartbeat.beat()
        if not ending and time.monotonic() - last_sweep >= _SWEEP_EVERY:
            last_sweep = time.monotonic()
            sweep(redis, settings)
        return ending, writer.step()

    while True:
        try:
            ending, written = retry_until_stop(write_batch, stop)
        except StoppedError as error:
            logger.error("%s; the next writer writes the entries in Valkey", error)
            return
        if ending and not written:
            return
        if not written:
            stop.wait(_LOOK_EVERY)


def main() -> int:
    """Run the process: the first argument is the feed's directory. Return the exit status."""
    settings = load_settings()
    log_to_stderr(settings)
    end_with_parent(sys.stdin.buffer)
    try:
        write_feed(connect(tries=_TRIES), Path(sys.argv[1]), settings)
    except FeedError as error:
        logger.error("%s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
