"""Spider processes with all modules loaded: forked from a process with the modules, once for a test process.

To load Scrapy takes longer than most crawls of a test. The forked process runs the same code as
`python -m scrapers.crawl`.
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
    """A spider process, which reads the plan from `stdin` and ends when `stdin` is closed."""

    process: ForkServerProcess
    stdin: BinaryIO
    stderr: BinaryIO

    def wait(self, seconds: float) -> int:
        """Wait for the end of the process, and return the exit status.

        Raises:
            TimeoutError: the process has not ended within `seconds`.
        """
        self.process.join(seconds)
        if self.process.exitcode is None:
            raise TimeoutError(f"the spider {self.process.pid} did not end in {seconds} s")
        return self.process.exitcode

    def kill(self) -> None:
        """Kill the process, unless it has ended."""
        self.process.kill()


def start(environ: Mapping[str, str]) -> Spider:
    """Start a spider with the environment `environ`."""
    plan, our_plan = os.pipe()
    our_errors, errors = os.pipe()
    process = _CONTEXT.Process(target=_Body(plan, errors, environ))
    process.start()
    os.close(plan)
    os.close(errors)
    return Spider(process, os.fdopen(our_plan, "wb"), os.fdopen(our_errors, "rb"))


class _Body:
    """The body of the process: made in the test, called in the forked process."""

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
