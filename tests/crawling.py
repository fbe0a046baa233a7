"""`newsline crawl` and `newsline ingest` as a user runs them, for tests of the whole line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Outcome:
    """What a run left behind: exit status, standard error, and the lines of its feeds (of earlier runs too)."""

    status: int
    said: str
    articles: list[dict[str, Any]]
    rejects: list[dict[str, Any]]

    def urls(self) -> list[str]:
        """The articles' URLs, in the order of the feed."""
        return [article["url"] for article in self.articles]

    def reasons(self) -> dict[str, str]:
        """URL -> reason of the rejects."""
        return {reject["url"]: reject["reason"] for reject in self.rejects}


def newsline(directory: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Outcome:
    """Run `newsline` with `arguments`; output and data lie under `directory`: a second run goes on from the first.

    One page worker has no more to do here than it takes to load another.
    """
    command = [sys.executable, "-m", "newsline", *arguments, "--workers", "1"]
    command += ["--output", str(directory / "out"), "--data", str(directory / "data")]
    env = {**os.environ, "NEWSLINE_DOWNLOAD_DELAY": "0", **(environment or {})}
    env.pop("REDIS_URL", None)
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=280, check=False)
    return Outcome(done.returncode, done.stderr, lines(directory, "articles"), lines(directory, "rejects"))


def crawl(directory: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Outcome:
    """`newsline crawl` on loopback."""
    return newsline(directory, "crawl", *arguments, "--allow-net", "127.0.0.0/8", environment=environment)


def lines(directory: Path, kind: str) -> list[dict[str, Any]]:
    """The records of a feed, oldest first."""
    segments = sorted((directory / "out").glob(f"{kind}-*.jsonl"))
    return [json.loads(line) for segment in segments for line in segment.read_text("utf-8").splitlines()]
