"""From bytes to record beside trafilatura on the same labelled pages, in turns: CPU time, the longest pages, memory.

python -m tests.benchmarks.page
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import quantiles

import trafilatura

from newsline.extract.manifest import NOWHERE, page_from_bytes
from schemas.encoding.decode import decode
from schemas.page import Page
from schemas.process.settings import Settings
from tests.benchmarks.figure import Figure, cpu_seconds, ratios
from tests.benchmarks.site import CORPUS, SETS, saved_pages
from workers.pages.normalize import normalise

_REPEATS = 2
#: Pages that both see first, so that nobody pays for loading.
_WARM = 5


def measure() -> Iterator[Figure]:
    """A figure for each set; then of the whole corpus the 99th percentile and the longest page; then the memory."""
    every: list[float] = []
    for name in SETS:
        pages = _pages([name])
        texts = [decode(page.body, None) for page in pages]
        for page, text in zip(pages[:_WARM], texts, strict=False):
            _ours(page)
            _trafilatura(text)
        ours, theirs = [], []
        for _ in range(_REPEATS):
            each, theirs_alone = [], 0.0
            for page, text in zip(pages, texts, strict=True):
                each.append(cpu_seconds(partial(_ours, page)))
                theirs_alone += cpu_seconds(partial(_trafilatura, text))
            ours.append(sum(each))
            theirs.append(theirs_alone)
        every += each
        note = f"{1000 * min(ours) / len(pages):.1f} of {1000 * min(theirs) / len(pages):.1f} ms a page"
        yield Figure(f"page, {name}, of trafilatura's time", ratios(ours, theirs), most=0.6, note=note)
    pages = _pages(sorted(path.name for path in CORPUS.iterdir() if path.is_dir() and path.name not in SETS))
    every += [cpu_seconds(partial(_ours, page)) for page in pages]
    nowhere = sum(page.url == NOWHERE for page in pages)
    note = f"{len(every)} pages, {nowhere} of them without a URL"
    yield Figure("page, 99th percentile of the corpus", [1000 * quantiles(every, n=100)[-1]], "ms", note=note)
    yield Figure("page, the longest of the corpus", [max(every)], "s", most=5)
    yield Figure("page, memory", [_memory("ours")], "MB", peers={"trafilatura": _memory("trafilatura")})


def _pages(sets: Sequence[str]) -> list[Page]:
    """The pages of these sets; one whose label has no URL is said to come from nowhere."""
    return [page_from_bytes(saved.body, saved.url) for saved in saved_pages(sets)]


def _ours(page: Page) -> object:
    return normalise(page, Settings())


def _trafilatura(text: str) -> object:
    return trafilatura.bare_extraction(text, with_metadata=True)


def _memory(who: str) -> float:
    """The most memory of a process of its own that reads one set of pages, in MB."""
    command = [sys.executable, "-m", "tests.benchmarks.page", who]
    return float(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


def _most_resident() -> float:
    """The most memory of this process so far, in MB: getrusage would give its parent's, which it keeps through exec."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def main() -> None:
    """Print the figures; with the name of an extractor, the memory that it needs."""
    readers: dict[str, Callable[[Page], object]] = {
        "ours": _ours,
        "trafilatura": lambda page: _trafilatura(decode(page.body, None)),
    }
    if sys.argv[1:]:
        for page in _pages(SETS[:1]):
            readers[sys.argv[1]](page)
        print(_most_resident())
        return
    for figure in measure():
        print(
            f"{figure.name}: {figure.value:.3f} {figure.unit} ({figure.note or 'target ' + str(figure.most)})",
            flush=True,
        )


if __name__ == "__main__":
    main()
