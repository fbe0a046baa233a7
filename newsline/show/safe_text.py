"""Text from pages and servers, made safe for a terminal."""

from __future__ import annotations

from rich.text import Text

from schemas.text import one_line


def safe_text(text: str) -> Text:
    """Return `text`, which may come from a page, without control characters and without rich markup."""
    return Text(one_line(text))
