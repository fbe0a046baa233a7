"""The whole line beside the extraction alone: `newsline crawl` of 2,000 local pages, and a bare loop over them.

Two cores in both: two workers, and two processes that share the pages. The line has to start, fetch, hand over, emit,
write and end as well; what serves the pages uses the same cores.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

import orjson

from tests.benchmarks.figure import Figure, ratios
from tests.benchmarks.site import saved_pages, serving
from tests.benchmarks.workers import bare_loop
from workers.manifest import page_from_bytes

_PAGES = 2000
_REPEATS = 2


def measure() -> Iterator[Figure]:
    """The loop and the line in turns."""
    saved = saved_pages()
    pages = [page_from_bytes(each.body, each.url) for each in islice(cycle(saved), _PAGES)]
    alone, line, cpu = [], [], []
    for _ in range(_REPEATS):
        alone.append(_PAGES / bare_loop(pages))
        seconds, used = _line([each.body for each in saved])
        line.append(seconds)
        cpu.append(used)
    note = f"{_PAGES} pages; start and end included; at most 1/0.85"
    yield Figure("line: time of the extraction alone", ratios(line, alone), most=1 / 0.85, note=note)
    yield Figure("line: wall-clock", line, "s", peers={"extraction alone": min(alone)})
    yield Figure("line: CPU a page, all processes but the site's", [1000 * each / _PAGES for each in cpu], "ms")


def _line(bodies: list[bytes]) -> tuple[float, float]:
    """Seconds on the clock, and CPU seconds of all its processes."""
    with tempfile.TemporaryDirectory() as directory, serving(bodies, _PAGES) as site:
        urls = Path(directory) / "urls"
        urls.write_text("\n".join(site.pages))
        command = [sys.executable, "-m", "newsline", "crawl", "--urls", str(urls), "--workers", "2"]
        command += ["--allow-net", "127.0.0.0/8", "--data", f"{directory}/data", "--output", f"{directory}/out"]
        environment = {**os.environ, "NEWSLINE_LOG_LEVEL": "ERROR"}
        before, started = _cpu(), time.monotonic()
        subprocess.run(command, stderr=subprocess.DEVNULL, env=environment, check=True)
        seconds = time.monotonic() - started
        lines = b"".join(path.read_bytes() for path in Path(directory, "out").glob("*.jsonl")).splitlines()
        assert len({orjson.loads(each)["url"] for each in lines}) >= _PAGES * 0.9, "pages are missing"
        return seconds, _cpu() - before


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
