"""`python -m tests.chaos.full [--pages N]`: no room, on purpose. Valkey's memory, its disk and the feed's disk fill up
in the middle of a crawl; everything waits, says so, and goes on when there is room.

Disks are small tmpfs mounts, which only root may make: elsewhere those forms are left out, and that is said.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from tests.chaos.run import check, site, start, undisturbed

#: How long there is no room: longer than a page may take, for no page is to blame (s).
_FULL_FOR = 5.0
_ENVIRONMENT = {"NEWSLINE_PAGE_TIMEOUT": "3", "NEWSLINE_LOG_LEVEL": "WARNING"}
_LIMIT = 300.0
_REFUSED = "Valkey refuses commands"
_DISK = "48m"


def can_mount() -> bool:
    """Whether this process may make small disks."""
    if os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory() as place:
        if subprocess.run(["mount", "-t", "tmpfs", "none", place], capture_output=True, check=False).returncode:
            return False
        subprocess.run(["umount", place], check=True)
    return True


@contextmanager
def _disk(place: Path) -> Iterator[None]:
    place.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_DISK}", "none", str(place)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@contextmanager
def _no_space(place: Path) -> Iterator[None]:
    filler = place / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    yield
    filler.unlink()


@contextmanager
def _no_memory(room: Path) -> Iterator[None]:
    redis = Redis(unix_socket_path=str(room / "data" / "valkey" / "socket"))
    redis.config_set("maxmemory", 1)
    yield
    redis.config_set("maxmemory", 0)
    redis.close()


def memory(url: str, room: Path, wanted: set[tuple[str, int, str]]) -> list[str]:
    """Valkey is at `maxmemory`; what is wrong afterwards."""
    room.mkdir()
    return _crawl(url, room, wanted, lambda: _no_memory(room), "memory is nearly full", _REFUSED)


def valkey_disk(url: str, room: Path, wanted: set[tuple[str, int, str]]) -> list[str]:
    """The disk of Valkey's append-only file is full; what is wrong afterwards."""
    room.mkdir()
    with _disk(room / "data"):
        return _crawl(url, room, wanted, lambda: _no_space(room / "data"), _REFUSED)


def feed_disk(url: str, room: Path, wanted: set[tuple[str, int, str]]) -> list[str]:
    """The disk of the feed is full; what is wrong afterwards."""
    room.mkdir()
    with _disk(room / "out"):
        return _crawl(url, room, wanted, lambda: _no_space(room / "out"), "cannot write to")


FORMS: dict[str, Callable[[str, Path, set[tuple[str, int, str]]], list[str]]] = {
    "memory": memory,
    "valkey-disk": valkey_disk,
    "feed-disk": feed_disk,
}


def _crawl(
    url: str, room: Path, wanted: set[tuple[str, int, str]], full: Callable[[], object], *messages: str
) -> list[str]:
    command = start(url, room, _ENVIRONMENT)
    faults = []
    try:
        _wait(lambda: _written(room) >= 1, command)
        with full():  # type: ignore[attr-defined]
            time.sleep(1)
            before = _written(room)
            time.sleep(_FULL_FOR)
            if command.poll() is not None:
                faults.append(f"the command did not wait: it ended with {command.returncode}")
            stood = _written(room) - before
        if command.wait(_LIMIT) != 0:
            faults.append(f"the command ended with {command.returncode}")
    finally:
        if command.poll() is None:
            command.kill()
            command.wait()
    log = (room / "log").read_text(errors="replace")
    if not any(message in log for message in messages):
        faults.append(f"nobody said {' or '.join(messages)}")
    lines, more = check(room)
    if lines != wanted:
        more.append(f"{len(wanted - lines)} articles missing, {len(lines - wanted)} too many")
    print(f"  {_FULL_FOR:.0f} s without room, {stood} lines written in that time", flush=True)
    return faults + more


def _written(room: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in (room / "out").glob("articles-*.jsonl"))


def _wait(condition: Callable[[], bool], command: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        if command.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the crawl did not get anywhere")
        time.sleep(0.1)


def run(pages: int, room: Path, names: list[str]) -> dict[str, list[str]]:
    """The forms `names`: what is wrong with each."""
    out = {}
    with site(pages, 0.3) as url:
        wanted = undisturbed(url, room / "undisturbed")
        for name in names:
            try:
                out[name] = FORMS[name](url, room / name, wanted)
            except (RuntimeError, RedisError, subprocess.SubprocessError) as error:
                out[name] = [f"{type(error).__name__}: {error}"]
    return out


def main() -> int:
    """The command line; the exit status is the number of forms that failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pages", type=int, default=1000)
    args = parser.parse_args()
    names = list(FORMS)
    if not can_mount():
        print("disks cannot be mounted here: only Valkey's memory is filled")
        names = ["memory"]
    failed = 0
    with tempfile.TemporaryDirectory(prefix="newsline-full-") as room:
        for name, faults in run(args.pages, Path(room), names).items():
            print(f"no room, {name}: {'FAILED' if faults else 'as if nothing had happened'}", flush=True)
            for fault in faults[:20]:
                print(f"  WRONG: {fault}")
            if faults:
                failed += 1
                print((Path(room) / name / "log").read_text(errors="replace")[-3000:])
    return failed


if __name__ == "__main__":
    sys.exit(main())
