"""What a person sees of a crawl: progress while it runs, a table at its end. Everything goes to standard error."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from newsline.line.status import State
from schemas.store.books import Books, total
from schemas.text import one_line
from workers.feed.reader import Count, check
from workers.pages.quarantine import Aside

#: Seconds between plain lines where there is no terminal.
_LINE_EVERY = 5.0
#: Faults of a feed that are told one by one.
_MOST_FAULTS = 20


def print_books(console: Console, books: Sequence[Books]) -> None:
    """A row for each source and one for all, with what does not close."""
    table = Table(header_style="bold")
    table.add_column("source", min_width=12, overflow="fold")
    headings = ("found", "articles", "updates", "unchanged", "duplicates", "rejects", "quarantined", "in flight", "gap")
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for each in [*books, total(list(books))]:
        reasons = "\n".join(f"{reason} {count}" for reason, count in each.rejected.items())
        counts = (
            *(each.discovered, each.emitted, each.updated, each.unchanged, each.duplicates, reasons or 0),
            *(each.quarantined, each.in_flight, each.gap),
        )
        table.add_row(_safe("all" if each.source_id == "*" else each.source_id), *map(str, counts))
    console.print(table)


def print_quarantine(console: Console, asides: Sequence[Aside]) -> None:
    """A row for each page in quarantine."""
    table = Table("page", "source", "reason", "since", "tries", "last error", header_style="bold")
    for aside in asides:
        last = aside.tries[-1].detail.strip().splitlines()[-1] if aside.tries else ""
        table.add_row(
            *map(_safe, (aside.page_id, aside.source_id, aside.reason, aside.at, str(len(aside.tries)), last))
        )
    console.print(table)


def print_status(console: Console, state: State) -> None:
    """Who is alive, what waits, and a row for each source."""
    table = Table("process", "host", "pid", "for", "doing", header_style="bold")
    for process in state.processes:
        since = _span(state.at - process.since)
        table.add_row(*map(_safe, (process.role, process.host, str(process.pid), since, process.detail)))
    console.print(table if state.processes else "No process of the line is alive.")
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
    for each in state.sources:
        trouble = "".join(f": {said}" for said in list(each.trouble.values())[:1])
        cells = (
            "now" if each.crawling else _ago(state.at, each.ended),
            "" if each.due is None else "due" if each.due <= state.at else f"in {_span(each.due - state.at)}",
            str(each.books.emitted),
            _ago(state.at, each.last_article),
            "" if each.delay is None else _span(each.delay),
            str(each.books.updated - each.books.withdrawn),
            str(each.books.withdrawn),
            str(sum(each.books.rejected.values())),
            str(each.books.in_flight),
        )
        table.add_row(_safe(each.id), *cells, _safe(each.health + trouble))
    console.print(table)


def _ago(now: float, moment: float | None) -> str:
    return "" if moment is None else f"{_span(now - moment)} ago"


def _span(seconds: float) -> str:
    """A time in two figures or so."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"


def print_check(console: Console, directory: Path) -> int:
    """Check the feed in `directory`: progress, what is wrong, and a sum; returns the exit status.

    Raises:
        NoFeedError: there is none.
    """
    faults, last = 0, Count()
    said = time.monotonic()
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("reading", total=None)

        def told(count: Count) -> None:
            nonlocal last, said
            last = count
            bar.update(task, completed=count.bytes, total=count.bytes_of_all)
            if not console.is_terminal and time.monotonic() - said >= _LINE_EVERY:
                said = time.monotonic()
                console.print(f"{count.bytes * 100 // max(1, count.bytes_of_all)} % read", highlight=False)

        for fault in check(directory, told):
            faults += 1
            if faults <= _MOST_FAULTS:
                console.print(one_line(str(fault)), style="red", markup=False, highlight=False, soft_wrap=True)
    if faults > _MOST_FAULTS:
        console.print(f"and {faults - _MOST_FAULTS} more")
    verdict = f"{faults} faults" if faults else "all is well"
    console.print(f"{last.articles} articles, {last.rejects} rejects: {verdict}", highlight=False)
    return 1 if faults else 0


def _safe(text: str) -> Text:
    """`text`, which may come from a page, without control characters and not read as markup."""
    return Text(one_line(text))
