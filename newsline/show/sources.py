"""Sources for people: the list of sources, the findings of a probe, and the progress of a probe."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from newsline.show.safe_text import safe_text
from schemas.reject import Reject
from schemas.source import Source
from schemas.text import one_line

if TYPE_CHECKING:
    from newsline.sources.findings import Findings
    from scrapers.spiders.probe import Asked

_LONGEST_TITLE = 90


def print_sources(console: Console, sources: Sequence[Source]) -> None:
    """Print a row for each source."""
    table = Table("source", "name", "language", "schedule", "found by", "", header_style="bold")
    for source in sources:
        kinds = (("feed", source.feeds), ("sitemap", source.sitemaps), ("section", source.sections))
        listed = [f"{len(urls)} {kind}{'s' * (len(urls) > 1)}" for kind, urls in kinds if urls]
        row = (source.id, source.name, source.language or "", source.schedule or "adaptive")
        table.add_row(
            *map(safe_text, row), Text(", ".join(listed) or "its home page"), Text("" if source.enabled else "paused")
        )
    console.print(table)


def print_findings(console: Console, findings: Findings) -> None:
    """Print name, language, feeds, sitemaps and sample articles of a site, and the site's problems."""
    entry = findings.entry()
    console.print(safe_text(f"{entry.id}  {entry.home}"), style="bold")
    _print_line(console, "name", entry.name)
    _print_line(console, "language", entry.language or "unknown")
    for answer in findings.probe.asked:
        _print_line(console, answer.kind, f"{answer.url} · {_summary(answer)}")
    for record in findings.records:
        if isinstance(record, Reject):
            _print_line(console, "no article", f"{record.url} · {record.reason}", style="yellow")
        else:
            published = record.published and (record.published.local or record.published.utc)
            facts = f"{published or 'undated'}, {record.word_count} words"
            _print_line(console, "article", f"{record.title[:_LONGEST_TITLE]} · {facts}")
    label, style = ("missing", "yellow") if findings.works else ("wrong", "red")
    for problem in findings.problems():
        _print_line(console, label, problem, style=style)


def _summary(answer: Asked) -> str:
    if answer.listing is None:
        return answer.problem
    if not answer.listing.candidates:
        return "lists nothing"
    newest = f", the newest of {datetime.fromtimestamp(answer.newest, UTC):%Y-%m-%d %H:%M} UTC" if answer.newest else ""
    return f"{len(answer.listing.candidates)} entries{newest}"


def _print_line(console: Console, label: str, text: str, style: str = "") -> None:
    console.print(Text.assemble((f"  {label:<11}", "dim"), (one_line(text), style)), soft_wrap=True)


class ProbeProgress:
    """The progress of a probe: the current request, in a changing line on a terminal, and nothing elsewhere."""

    def __init__(self, console: Console) -> None:
        self._status = console.status("asking") if console.is_terminal else None

    def __enter__(self) -> ProbeProgress:
        if self._status:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status:
            self._status.stop()

    def tell(self, source_id: str, text: str) -> None:
        """Show a message about a source, as a `scrapers.spiders.probe.Tell`."""
        if self._status:
            self._status.update(safe_text(f"{source_id}: {text}"))
