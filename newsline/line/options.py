"""The options of a line which runs until all fetched pages are in the feed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from schemas.process.settings import Settings


@dataclass(frozen=True)
class LineOptions:
    """The options of `newsline crawl` and `newsline ingest`."""

    #: Directory of the feed, or None for standard output.
    output: Path | None
    #: Directory of the embedded Valkey.
    data: Path
    #: Number of page workers.
    workers: int
    settings: Settings
    console: Console
