"""What a person sees of a crawl: progress while it runs, a table at its end. Everything goes to standard error."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from schemas.books import Books, total
from schemas.text import one_line
from workers.quarantine import Aside
from workers.reading import Count, check
from workers.state import State

#: Seconds between plain lines where there is no terminal.
_LINE_EVERY = 5.0
#: Rows of the summary's table.
_MOST_ROWS = 40
#: Faults of a feed that are told one by one.
_MOST_FAULTS = 20


class CrawlProgress:
    """A bar on a terminal, plain lines elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = time.monotonic()
        self._said = self._started
        self._bar: Progress | None = None
        if console.is_terminal:
            self._bar = Progress(
                SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console
            )
            self._task = self._bar.add_task("starting", total=None)
            self._bar.start()

    def show(self, books: Sequence[Books]) -> None:
        """Say how far it is."""
        now = time.monotonic()
        if self._bar:
            all_ = total(list(books))
            self._bar.update(
                self._task, description=self._line(all_, now), total=all_.discovered or None, completed=all_.ended
            )
        elif now - self._said >= _LINE_EVERY:
            self._said = now
            self._console.print(self._line(total(list(books)), now), highlight=False)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar:
            self._bar.stop()

    def _line(self, books: Books, now: float) -> str:
        rate = books.ended / max(now - self._started, 0.001)
        rejects = sum(books.rejected.values())
        return (
            f"{books.discovered} found, {books.fetched} fetched, {books.emitted + books.updated} articles, "
            f"{rejects} rejects, {rate:.1f}/s"
        )


def print_summary(console: Console, names: Mapping[str, str], rows: Sequence[Books], seconds: float) -> None:
    """A row for each source, its books of this run; of very many only those that brought most, and their sum."""
    table = Table(header_style="bold")
    table.add_column("source", min_width=12, overflow="fold")
    for heading in ("found", "fetched", "articles", "duplicates", "rejects", "left", "seconds"):
        table.add_column(heading, justify="right", no_wrap=True)
    shown = list(rows)
    if len(shown) > _MOST_ROWS:
        shown = [*sorted(shown, key=lambda each: -each.discovered)[:_MOST_ROWS], total(shown)]
    for books in shown:
        reasons = "\n".join(f"{reason} {count}" for reason, count in books.rejected.items())
        counts = (
            books.discovered,
            books.fetched,
            books.emitted + books.updated,
            books.duplicates,
            reasons or 0,
            books.in_flight + books.quarantined,
            f"{seconds:.1f}",
        )
        name = f"all {len(rows)}" if books.source_id == "*" else names.get(books.source_id, books.source_id)
        table.add_row(_safe(name), *map(str, counts))
    console.print(table)


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
