"""All benchmarks, one table: `python -m tests.benchmarks [NAME ...]`, or `make bench`.

A benchmark is a module with a function `measure` that yields figures. Times are ratios between neighbours in one run,
or CPU time, for a machine is seldom alone; the table says the median of the repeats and their span.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import resource
import sys
import time
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from schemas.version import VERSION
from tests.benchmarks.figure import Figure, NotHereError

#: In the order in which they run: short ones first.
BENCHMARKS = (
    "startup",
    "clusters",
    "schedules",
    "memory",
    "known",
    "fetch",
    "page",
    "seen",
    "workers",
    "line",
    "peers",
    "body",
)
_VERSIONS = ("scrapy", "rq", "redis", "lxml", "trafilatura", "newspaper4k", "readability-lxml", "resiliparse")


def machine() -> str:
    """What the figures were taken on."""
    model = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor() or platform.machine(),
    )
    versions = [f"newsline {VERSION}", f"Python {platform.python_version()}"]
    for name in _VERSIONS:
        try:
            versions.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            versions.append(f"{name} not installed")
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} × {model}, {platform.platform()}, load {load:.1f}\n{', '.join(versions)}"


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def table(figures: Iterable[Figure]) -> Table:
    """The figures beside their targets, in Markdown."""
    out = Table("figure", "median", "span", "target", "met", "peers in the same run", "note", box=box.MARKDOWN)
    for each in figures:
        span = f"{_short(min(each.values))} to {_short(max(each.values))}" if len(each.values) > 1 else ""
        limits = [f"at most {_short(each.most)}"] if each.most is not None else []
        limits += [f"at least {_short(each.least)}"] if each.least is not None else []
        out.add_row(
            each.name,
            f"{_short(each.value)} {each.unit}".strip(),
            span,
            ", ".join(limits),
            {True: "yes", False: "NO", None: ""}[each.met],
            ", ".join(f"{name} {_short(value)}" for name, value in each.peers.items()),
            each.note,
        )
    return out


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _cpu() -> float:
    """CPU seconds of this process and of all that it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def main() -> int:
    """Run and print; the exit status is 1 when a benchmark broke, and says nothing of targets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(BENCHMARKS)}")
    names = parser.parse_args().names or list(BENCHMARKS)
    console = Console(width=None if sys.stdout.isatty() else 240)
    console.print(machine(), highlight=False)
    started = time.monotonic()
    figures: list[Figure] = []
    status = 0
    for name in names:
        console.print(f"{name} ...", highlight=False)
        began = time.monotonic()
        try:
            found = list(importlib.import_module(f"tests.benchmarks.{name}").measure())
        except NotHereError as error:
            console.print(f"{name}: left out, {error}", highlight=False)
            continue
        except KeyboardInterrupt:
            console.print(f"{name}: interrupted; what was measured before it:", highlight=False)
            status = 130
            break
        except Exception:  # the others have something to say all the same
            console.print_exception()
            status = 1
            continue
        figures += found
        said = ", ".join(f"{each.name} {_short(each.value)} {each.unit}".strip() for each in found)
        console.print(f"{name} ({time.monotonic() - began:.0f} s): {said}", highlight=False)
    console.print(table(figures))
    minutes, load = (time.monotonic() - started) / 60, os.getloadavg()[0]
    console.print(f"{minutes:.1f} minutes, {_cpu() / 60:.1f} of CPU; load {load:.1f} at the end", highlight=False)
    return status


if __name__ == "__main__":
    sys.exit(main())
