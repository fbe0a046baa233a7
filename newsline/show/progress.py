"""The progress of a running crawl, and the table at the end. Everything goes to standard error."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from newsline.show.safe_text import safe_text
from schemas.store.books import Books, total

#: Seconds between plain lines, without a terminal.
_LINE_EVERY = 5.0
#: Rows of the summary's table.
_MOST_ROWS = 40


class CrawlProgress:
    """The progress of a crawl: a bar on a terminal, plain lines elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = time.monotonic()
        self._last_line = self._started
        self._bar: Progress | None = None
        if console.is_terminal:
            self._bar = Progress(
                SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console
            )
            self._task = self._bar.add_task("starting", total=None)
            self._bar.start()

    def show(self, books: Sequence[Books]) -> None:
        """Update the bar, or print a line when the last line is old."""
        now = time.monotonic()
        if self._bar:
            sums = total(list(books))
            self._bar.update(
                self._task, description=self._line(sums, now), total=sums.discovered or None, completed=sums.ended
            )
        elif now - self._last_line >= _LINE_EVERY:
            self._last_line = now
            self._console.print(self._line(total(list(books)), now), highlight=False)

    def close(self) -> None:
        """Remove the bar."""
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
    """Print a row for each source with the books of this run. Of very many sources, print the largest and the sum."""
    table = Table(header_style="bold")
    table.add_column("source", min_width=12, overflow="fold")
    for heading in ("found", "fetched", "articles", "duplicates", "rejects", "left", "seconds"):
        table.add_column(heading, justify="right", no_wrap=True)
    shown = list(rows)
    if len(shown) > _MOST_ROWS:
        shown = [*sorted(shown, key=lambda books: -books.discovered)[:_MOST_ROWS], total(shown)]
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
        table.add_row(safe_text(name), *map(str, counts))
    console.print(table)
