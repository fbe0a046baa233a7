"""`make demo`: serve the bundled news sites on this machine, crawl them with the command line, show what came out.

Needs no arguments and no network, and can be run again and again: the feed of the last run is replaced, all else is
temporary.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console, Group
from rich.markup import escape
from rich.panel import Panel
from rich.text import Text

from tests.sites.catalog import NAMES, load
from tests.sites.server import serve

ROOT = Path(__file__).parents[2]
OUTPUT = ROOT / "demo-output"

#: What belongs to the user's own set-up and would lead the demo elsewhere.
NOT_OURS = ("REDIS_URL", "http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")

#: How much of each article is shown: paragraphs, and characters of each.
PARAGRAPHS, CHARACTERS = 2, 280

#: Seconds that an interrupted crawl gets to finish what it has fetched.
PATIENCE = 20

#: Exit status of a program that Ctrl-C ended, by the custom of shells.
INTERRUPTED = 130


def main(output: Path = OUTPUT) -> int:
    """Run the demo, the feed going to `output`; the exit status is that of the crawl."""
    console = Console()
    sites = [load(name) for name in NAMES]
    shutil.rmtree(output, ignore_errors=True)
    with serve(*sites), TemporaryDirectory(prefix="newsline-demo-", ignore_cleanup_errors=True) as data:
        homes = [site.url() for site in sites]
        arguments = ["crawl", *homes, "--allow-net", "127.0.0.0/8", "--output", str(output), "--data", data]
        console.print(f"[bold]{len(sites)} news sites are up on this machine.[/] Crawling them:\n")
        console.print(f"  newsline {escape(' '.join(arguments))}\n", style="dim", soft_wrap=True, highlight=False)
        status = crawl(arguments)
    if status == 0:
        show(console, output)
    return status


def crawl(arguments: list[str]) -> int:
    """Run `newsline` with this Python, its output going where ours goes; its exit status."""
    environment = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    environment.setdefault("NEWSLINE_DOWNLOAD_DELAY", "0")  # our own sites need no sparing
    with subprocess.Popen([sys.executable, "-m", "newsline", *arguments], cwd=ROOT, env=environment) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:  # the terminal told the crawl too
            try:
                process.wait(PATIENCE)
            except (subprocess.TimeoutExpired, KeyboardInterrupt):
                process.terminate()
            return INTERRUPTED


def show(console: Console, output: Path) -> None:
    """The first article of each site, where the files are, and what to try next."""
    first: dict[str, dict[str, Any]] = {}
    for article in articles(output):
        first.setdefault(article["source"]["id"], article)
    console.print()
    for article in first.values():
        console.print(panel(article))
    console.print("\n[bold]Where it lies[/]")
    for file in sorted(output.glob("*.jsonl")):
        lines = sum(1 for _ in file.open("rb"))
        console.print(f"  {near(file)}  {lines} lines", highlight=False, soft_wrap=True)
    newsline = near(Path(sys.executable).parent / "newsline")
    console.print("\n[bold]What to try next[/]")
    for command in (
        f"head -n 1 {near(output)}/articles-*.jsonl | python3 -m json.tool",
        f"{newsline} crawl https://news.example --output out",
        f"{newsline} extract https://news.example/2025/a-story",
        f"{newsline} --help",
    ):
        console.print(f"  {escape(command)}", highlight=False, soft_wrap=True)


def articles(output: Path) -> Iterator[dict[str, Any]]:
    """The lines of the feed, in its order."""
    for segment in sorted(output.glob("articles-*.jsonl")):
        with segment.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def panel(article: dict[str, Any]) -> Panel:
    """Title, source, date, authors and the first paragraphs of one article."""
    when = (article["published"] or {}).get("local") or "no date"
    authors = ", ".join(author["name"] for author in article["authors"]) or "no author named"
    facts = " · ".join([article["source"]["name"], when, authors])
    paragraphs = article["text"].split("\n\n")[:PARAGRAPHS]
    return Panel(
        Group(Text(facts, style="dim"), *(Text(f"\n{shorten(paragraph)}") for paragraph in paragraphs)),
        title=Text(article["title"], style="bold"),
        title_align="left",
    )


def shorten(paragraph: str) -> str:
    """So much of a paragraph as the demo shows; not by words, which not every script parts."""
    return paragraph if len(paragraph) <= CHARACTERS else f"{paragraph[:CHARACTERS].rstrip()}…"


def near(path: Path) -> str:
    """The path as one types it from here, where it is below."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
