"""The options of a line that runs until all that was fetched is in the feed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from schemas.process.settings import Settings


@dataclass(frozen=True)
class LineOptions:
    """Where a line writes (`output` None: standard output), what it remembers, and how many workers it has."""

    output: Path | None
    data: Path
    workers: int
    settings: Settings
    console: Console
