"""What a person sees of sources: the list, what a probe found, and how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from newsline.sources.findings import Findings
from schemas.reject import Reject
from schemas.source import Source
from schemas.text import one_line
from scrapers.spiders.probe import Asked

_LONGEST_TITLE = 90


def print_sources(console: Console, sources: Sequence[Source]) -> None:
    """A row for each source."""
    table = Table("source", "name", "language", "schedule", "found by", "", header_style="bold")
    for source in sources:
        kinds = (("feed", source.feeds), ("sitemap", source.sitemaps), ("section", source.sections))
        listed = [f"{len(urls)} {kind}{'s' * (len(urls) > 1)}" for kind, urls in kinds if urls]
        row = (source.id, source.name, source.language or "", source.schedule or "adaptive")
        table.add_row(
            *map(_safe, row), Text(", ".join(listed) or "its home page"), Text("" if source.enabled else "paused")
        )
    console.print(table)


def print_findings(console: Console, findings: Findings) -> None:
    """Name, language, feeds, sitemaps and sample articles of a site, and what is missing."""
    entry, probe = findings.entry(), findings.probe
    console.print(_safe(f"{entry.id}  {entry.home}"), style="bold")
    _say(console, "name", entry.name)
    _say(console, "language", entry.language or "unknown")
    for each in probe.asked:
        _say(console, each.kind, f"{each.url} · {_asked(each)}")
    for record in findings.records:
        if isinstance(record, Reject):
            _say(console, "no article", f"{record.url} · {record.reason}", style="yellow")
        else:
            published = record.published and (record.published.local or record.published.utc)
            told = f"{published or 'undated'}, {record.word_count} words"
            _say(console, "article", f"{record.title[:_LONGEST_TITLE]} · {told}")
    for text in findings.missing():
        _say(console, "missing" if findings.works else "wrong", text, style="yellow" if findings.works else "red")


def _asked(each: Asked) -> str:
    if each.listing is None:
        return each.problem
    if not each.listing.candidates:
        return "lists nothing"
    newest = f", the newest of {datetime.fromtimestamp(each.newest, UTC):%Y-%m-%d %H:%M} UTC" if each.newest else ""
    return f"{len(each.listing.candidates)} entries{newest}"


def _say(console: Console, what: str, text: str, style: str = "") -> None:
    console.print(Text.assemble((f"  {what:<11}", "dim"), (one_line(text), style)), soft_wrap=True)


def _safe(text: str) -> Text:
    """`text`, which may come from a page, without control characters and not read as markup."""
    return Text(one_line(text))


class ProbeProgress:
    """Says what is being asked: on a terminal in one line that changes, elsewhere nothing."""

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
        """As `scrapers.spiders.probe.Tell`."""
        if self._status:
            self._status.update(_safe(f"{source_id}: {text}"))
