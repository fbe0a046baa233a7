"""How long until `newsline` says or does something: its help, and the first request of a crawl.

Wall-clock, for that is what a person waits for; the floor is what an empty interpreter takes in the same minute.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.figure import Figure, interleaved
from tests.benchmarks.site import serving

_REPEATS = 7
_PAGE = b"<html><head><title>Harbour</title></head><body><p>The harbour woke early.</p></body></html>"


def measure() -> Iterator[Figure]:
    """Start them in turns."""
    values = interleaved(
        _REPEATS, {"help": lambda: _seconds("-m", "newsline", "--help"), "empty": lambda: _seconds("-c", "pass")}
    )
    yield Figure("newsline --help", values["help"], "s", most=0.4, peers={"python -c pass": min(values["empty"])})
    yield Figure("first request of newsline crawl", [_first_request() for _ in range(_REPEATS)], "s", most=1.0)


def _seconds(*arguments: str) -> float:
    started = time.monotonic()
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - started


def _first_request() -> float:
    with tempfile.TemporaryDirectory() as directory, serving([_PAGE], 1) as site:
        command = [sys.executable, "-m", "newsline", "crawl", site.home]
        command += [
            "--allow-net",
            "127.0.0.0/8",
            "--data",
            str(Path(directory) / "data"),
            "--output",
            f"{directory}/out",
        ]
        started = time.monotonic()
        subprocess.run(
            command, stderr=subprocess.DEVNULL, env={**os.environ, "NEWSLINE_LOG_LEVEL": "ERROR"}, check=False
        )
        assert site.first_request, "nothing was asked for"
        return site.first_request - started
