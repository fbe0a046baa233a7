"""Tables for people: books, quarantine, the state of a line, and the check of a feed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from newsline.line.status import SourceState, State
from newsline.show.safe_text import safe_text
from schemas.store.books import Books, total
from schemas.store.quarantine import Aside
from schemas.text import one_line
from workers.feed.reader import Count, check

#: Seconds between plain lines, without a terminal.
_LINE_EVERY = 5.0
#: Most faults of a feed to print; of more faults, the number is printed.
_MOST_FAULTS = 20


def print_books(console: Console, books: Sequence[Books]) -> None:
    """Print a row for each source and a row for all, with the gap in the last column."""
    table = Table(header_style="bold")
    table.add_column("source", min_width=12, overflow="fold")
    headings = ("found", "articles", "updates", "unchanged", "duplicates", "rejects", "quarantined", "in flight", "gap")
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for row in [*books, total(list(books))]:
        reasons = "\n".join(f"{reason} {count}" for reason, count in row.rejected.items())
        counts = (
            *(row.discovered, row.emitted, row.updated, row.unchanged, row.duplicates, reasons or 0),
            *(row.quarantined, row.in_flight, row.gap),
        )
        table.add_row(safe_text("all" if row.source_id == "*" else row.source_id), *map(str, counts))
    console.print(table)


def print_quarantine(console: Console, asides: Sequence[Aside]) -> None:
    """Print a row for each page in quarantine."""
    table = Table("page", "source", "reason", "since", "tries", "last error", header_style="bold")
    for aside in asides:
        last = aside.tries[-1].detail.strip().splitlines()[-1] if aside.tries else ""
        table.add_row(
            *map(safe_text, (aside.page_id, aside.source_id, aside.reason, aside.at, str(len(aside.tries)), last))
        )
    console.print(table)


def print_status(console: Console, state: State) -> None:
    """Print the living processes, the waiting jobs, pages and lines, and a row for each source."""
    table = Table("process", "host", "pid", "for", "doing", header_style="bold")
    for process in state.processes:
        since = _span(state.at - process.since)
        table.add_row(*map(safe_text, (process.role, process.host, str(process.pid), since, process.detail)))
    console.print(table if state.processes else "No process of the line is alive.")
    _print_backlog(console, state)
    _print_source_states(console, state)


def _print_backlog(console: Console, state: State) -> None:
    if state.refusal:
        console.print(f"Valkey takes no writes, and everything waits: {state.refusal}", style="red", markup=False)
    for queue in state.queues:
        failed = f", {queue.failed} given up" if queue.failed else ""
        console.print(f"queue {queue.name}: {queue.jobs} jobs wait, the first for {queue.age:.0f} s{failed}")
    console.print(f"pages with the workers: {state.pending_pages} ({state.pending_bytes / 1e6:.1f} MB)")
    for stream in state.streams:
        console.print(f"{stream.kind}: {stream.lines} lines wait for the feed writer, the first for {stream.lag:.0f} s")
    if state.sources_error:
        console.print(f"sources: {one_line(state.sources_error)}", style="red", markup=False)


def _print_source_states(console: Console, state: State) -> None:
    table = Table(header_style="bold")
    table.add_column("source", min_width=12, overflow="fold")
    headings = (
        "last crawl",
        "next",
        "articles",
        "last one",
        "its delay",
        "updates",
        "withdrawn",
        "rejects",
        "in flight",
    )
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("health", overflow="fold")
    for source in state.sources:
        table.add_row(*_source_row(source, state.at))
    console.print(table)


def _source_row(source: SourceState, now: float) -> Iterator[Text]:
    reason = "".join(f": {reason}" for reason in list(source.trouble.values())[:1])
    books = source.books
    cells = (
        source.id,
        "now" if source.crawling else _ago(now, source.ended),
        "" if source.due is None else "due" if source.due <= now else f"in {_span(source.due - now)}",
        str(books.emitted),
        _ago(now, source.last_article),
        "" if source.delay is None else _span(source.delay),
        str(books.updated - books.withdrawn),
        str(books.withdrawn),
        str(sum(books.rejected.values())),
        str(books.in_flight),
        source.health + reason,
    )
    return map(safe_text, cells)


def _ago(now: float, moment: float | None) -> str:
    return "" if moment is None else f"{_span(now - moment)} ago"


def _span(seconds: float) -> str:
    """Return a length of time in a few figures, with the unit."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"


def print_check(console: Console, directory: Path) -> int:
    """Check the feed in `directory`. Print progress, faults and a summary, and return the exit status.

    Raises:
        NoFeedError: the directory holds no feed.
    """
    faults, last = 0, Count()
    last_line = time.monotonic()
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("reading", total=None)

        def report(count: Count) -> None:
            nonlocal last, last_line
            last = count
            bar.update(task, completed=count.bytes, total=count.bytes_of_all)
            if not console.is_terminal and time.monotonic() - last_line >= _LINE_EVERY:
                last_line = time.monotonic()
                console.print(f"{count.bytes * 100 // max(1, count.bytes_of_all)} % read", highlight=False)

        for fault in check(directory, report):
            faults += 1
            if faults <= _MOST_FAULTS:
                console.print(one_line(str(fault)), style="red", markup=False, highlight=False, soft_wrap=True)
    if faults > _MOST_FAULTS:
        console.print(f"and {faults - _MOST_FAULTS} more")
    result = f"{faults} faults" if faults else "all is well"
    console.print(f"{last.articles} articles, {last.rejects} rejects: {result}", highlight=False)
    return 1 if faults else 0
