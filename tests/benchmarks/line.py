"""The whole line beside the extraction alone: `newsline crawl` of 2,000 local pages, and a bare loop over them.

Two cores in both: two workers, and two processes that share the pages. The line has to start, fetch, hand over, emit,
write and end as well; what serves the pages uses the same cores. They are pages of the corpus on their own hosts, which
a proxy stands for; when all have had their turn they come again at other addresses and with other words.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson

from newsline.extract.manifest import page_from_bytes
from tests.benchmarks.figure import Figure
from tests.benchmarks.site import Saved, proxy, saved_pages
from tests.benchmarks.varied import retold
from tests.benchmarks.workers import bare_loop

_PAGES = 2000


def measure() -> Iterator[Figure]:
    """The loop, the line, and the loop again."""
    saved = _saved()
    pages = [page_from_bytes(each.body, each.url) for each in saved]
    before = _PAGES / bare_loop(pages)
    line, cpu = _line(saved)
    after = _PAGES / bare_loop(pages)
    note = f"{_PAGES} pages; start and end included; at most 1/0.85"
    yield Figure("line: time of the extraction alone", [line / before, line / after], most=1 / 0.85, note=note)
    yield Figure("line: wall-clock", [line], "s", peers={"extraction alone": min(before, after)})
    yield Figure("line: CPU a page, all processes but the site's", [1000 * cpu / _PAGES], "ms")


def _saved() -> list[Saved]:
    """As many pages as are asked for, all of them different, under plain HTTP."""
    pages = saved_pages()
    told = (retold(pages[number % len(pages)], number // len(pages)) for number in range(_PAGES))
    return [Saved(f"http://{page.url.partition('://')[2]}", page.body) for page in told]


def _line(pages: Sequence[Saved]) -> tuple[float, float]:
    """Seconds on the clock, and CPU seconds of all its processes."""
    with tempfile.TemporaryDirectory() as directory, proxy(pages) as address:
        urls = Path(directory) / "urls"
        urls.write_text("\n".join(page.url for page in pages))
        command = [sys.executable, "-m", "newsline", "crawl", "--urls", str(urls), "--workers", "2"]
        command += ["--data", f"{directory}/data", "--output", f"{directory}/out"]
        environment = {**os.environ, "NEWSLINE_LOG_LEVEL": "ERROR", "http_proxy": address}
        before, started = _cpu(), time.monotonic()
        subprocess.run(command, stderr=subprocess.DEVNULL, env=environment, check=True)
        seconds = time.monotonic() - started
        lines = b"".join(path.read_bytes() for path in Path(directory, "out").glob("*.jsonl")).splitlines()
        assert len({orjson.loads(each)["url"] for each in lines}) >= _PAGES * 0.9, "pages are missing"
        return seconds, _cpu() - before


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
