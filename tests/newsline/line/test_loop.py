"""A line runs until all fetched pages are in the feed."""

from __future__ import annotations

import io
import math
from pathlib import Path

from redis import Redis
from rich.console import Console

from newsline.line.counts import RunCounts
from newsline.line.loop import run
from newsline.line.options import LineOptions
from newsline.line.supervisor import Child
from schemas.process.settings import Settings
from schemas.store.jobs import enqueue_pages, pages_queue
from tests.crawling import lines
from tests.workers.pages import SOURCE, page, pend


def test_counts_of_a_moment_ago_do_not_end_it(valkey: Redis, tmp_path: Path) -> None:
    """With many sources on a busy machine the books are read seldom; the last pages came after the last reading."""
    counts = RunCounts(valkey, [SOURCE])
    assert [books.pending for books in counts.read()] == [0]
    counts._next_read = math.inf  # the test sees only the first reading
    names = [f"p{number}" for number in range(3)]
    for name in names:
        pend(valkey, page(name))
    enqueue_pages(pages_queue(valkey), [names])
    options = LineOptions(tmp_path / "out", tmp_path / "data", 1, Settings(), Console(file=io.StringIO()))
    spider = Child("spider that has ended", ["ensurepip", "--version"], ends=True)
    assert not run(valkey, spider, counts, options).interrupted
    assert len(lines(tmp_path, "articles")) == len(names)
