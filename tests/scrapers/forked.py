"""Spider processes that begin with everything loaded: forked from one that has loaded it, once for a test process.

To load Scrapy takes longer than most crawls of a test. What runs is the body of `python -m scrapers.crawl`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from multiprocessing.reduction import DupFd
from typing import Any, BinaryIO

from scrapers import crawl

_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__, "tests.scrapers.loaded"])


@dataclass(frozen=True)
class Spider:
    """A spider process; what is written to `stdin` is its plan, and to close it ends the process."""

    process: ForkServerProcess
    stdin: BinaryIO
    stderr: BinaryIO

    def wait(self, seconds: float) -> int:
        """Its exit status.

        Raises:
            TimeoutError: it has not ended in time.
        """
        self.process.join(seconds)
        if self.process.exitcode is None:
            raise TimeoutError(f"the spider {self.process.pid} did not end in {seconds} s")
        return self.process.exitcode

    def kill(self) -> None:
        """End it at once, unless it has ended."""
        self.process.kill()


def start(environ: Mapping[str, str]) -> Spider:
    """A spider with this environment."""
    plan, our_plan = os.pipe()
    our_errors, errors = os.pipe()
    process = _CONTEXT.Process(target=_Body(plan, errors, environ))
    process.start()
    os.close(plan)
    os.close(errors)
    return Spider(process, os.fdopen(our_plan, "wb"), os.fdopen(our_errors, "rb"))


class _Body:
    """What the process does; made here, called there."""

    def __init__(self, plan: int, errors: int, environ: Mapping[str, str]) -> None:
        self._ends: Any = plan, errors
        self._environ = dict(environ)

    def __getstate__(self) -> tuple[Any, ...]:
        return *map(DupFd, self._ends), self._environ

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        plan, errors, self._environ = state
        self._ends = plan.detach(), errors.detach()

    def __call__(self) -> None:
        for end, number in zip(self._ends, (0, 2), strict=True):
            os.dup2(end, number)
            os.close(end)
        sys.stdin, sys.stderr = os.fdopen(0), os.fdopen(2, "w", buffering=1)
        os.environ.clear()
        os.environ.update(self._environ)
        sys.exit(crawl.main())
