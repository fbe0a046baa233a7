"""The feed writer as a process of its own, which sweeps as well: lost pages are found whatever workers there are.

`newsline feed write DIR`, or under a supervisor `python -m workers.feed.process DIR`, whose lifeline is standard input.
"""

from __future__ import annotations

import logging
import socket
import sys
import time
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from schemas.process.heartbeat import Heartbeat, alive
from schemas.process.lifeline import end_with_parent
from schemas.process.logs import log_to_stderr
from schemas.process.settings import Settings, load_settings
from schemas.process.stop import Stop
from schemas.store.connection import connect, not_now
from workers.feed.writer import FeedError, FeedWriter, write_to_directory
from workers.pages.sweep import sweep

logger = logging.getLogger(__name__)

_ROLE = "feed writer"
#: Pause when nothing has come, and before Valkey is asked again when it was away (s).
_LOOK_EVERY, _WAIT = 0.1, 1.0
_SWEEP_EVERY = 20.0
#: Tries of one command: about two seconds, after which we look whether we are to end.
_TRIES = 6


def write_feed(redis: Redis, directory: Path, settings: Settings) -> None:
    """Write the feed in `directory` until SIGTERM or SIGINT, and then what has come until then.

    Raises:
        FeedError: the directory cannot be written, or another writer takes what there is.
    """
    with Stop() as stop:
        refuse_second_writer(redis, directory, settings)
        heartbeat = Heartbeat(redis, _ROLE, _place(directory))
        writer = write_to_directory(redis, directory, settings)
        try:
            _write(redis, writer, heartbeat, settings, stop)
        finally:
            writer.close()
        heartbeat.leave()


def refuse_second_writer(redis: Redis, directory: Path, settings: Settings) -> None:
    """Lines go to one feed: two writers with a directory each would both take them.

    Raises:
        FeedError: another writer is alive, in another directory than `directory`.
    """
    for other in alive(redis, settings.worker_gone):
        if other.role == _ROLE and other.detail != _place(directory):
            raise FeedError(f"the feed writer {other.pid} on {other.host} takes the lines of this Valkey already")


def _place(directory: Path) -> str:
    return f"{socket.gethostname()}:{directory.resolve()}"


def _write(redis: Redis, writer: FeedWriter, heartbeat: Heartbeat, settings: Settings, stop: Stop) -> None:
    swept = 0.0
    while True:
        try:
            ending = stop.asked  # asked before we look: what came until then is written
            heartbeat.beat()
            if not ending and time.monotonic() - swept >= _SWEEP_EVERY:
                swept = time.monotonic()
                sweep(redis, settings)
            written = writer.step()
            if ending and not written:
                return
            if not written:
                stop.wait(_LOOK_EVERY)
        except RedisError as error:
            if not not_now(error):
                raise
            if stop.asked:
                logger.error("Valkey does not answer: %s; what it holds is written by the next writer", error)
                return
            logger.error("Valkey does not take it: %s; waiting", error)
            stop.wait(_WAIT)


def main() -> int:
    """The process's body; the directory is its argument."""
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
