"""A child's progress in shared memory: the parent never reads half of a write."""

from __future__ import annotations

import os
import signal

from workers.pages import progress


def test_a_hammering_child_is_read_whole() -> None:
    progress.share()
    progress.begin()
    names = ["a" * 60, "b" * 3]
    child = os.fork()
    if not child:
        while True:
            for number, name in enumerate(names):
                progress.working_on(name, 1000 * (number + 1))
    try:
        reads = [read for _ in range(100_000) if (read := progress.current())]
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        progress.begin()
    assert {(read.page_id, read.waiting) for read in reads} == {(names[0], 1000), (names[1], 2000)}


def test_a_torn_write_is_no_progress() -> None:
    progress.share()
    progress.working_on("a" * 40, 7)
    assert progress._shared is not None
    progress._shared[progress._SIZE - 63 : progress._SIZE - 43] = b"b" * 20  # as a writer stopped in the middle
    assert progress.current() is None
    progress.begin()
