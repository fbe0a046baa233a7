"""A line goes on until all that was fetched is in the feed."""

from __future__ import annotations

import io
import math
from pathlib import Path

from redis import Redis
from rich.console import Console

from schemas.jobs import enqueue_pages, pages_queue
from schemas.settings import Settings
from tests.crawling import lines
from tests.workers.pages import SOURCE, page, pend
from workers.line import LineOptions
from workers.supervisor import Child
from workers.tally import Tally
from workers.under_way import run


def test_counts_of_a_moment_ago_do_not_end_it(valkey: Redis, tmp_path: Path) -> None:
    """With many sources on a busy machine the books are read seldom; the last pages came after the last reading."""
    tally = Tally(valkey, [SOURCE])
    assert [books.pending for books in tally.read()] == [0]
    tally._again = math.inf  # as long as the test runs, this is what was read last
    names = [f"p{number}" for number in range(3)]
    for name in names:
        pend(valkey, page(name))
    enqueue_pages(pages_queue(valkey), [names])
    options = LineOptions(tmp_path / "out", tmp_path / "data", 1, Settings(), Console(file=io.StringIO()))
    spider = Child("spider that has ended", ["ensurepip", "--version"], ends=True)
    assert not run(valkey, spider, tally, options).interrupted
    assert len(lines(tmp_path, "articles")) == len(names)
