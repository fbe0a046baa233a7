"""Documents for tests, from HTML and from headers and hints of a capture."""

from __future__ import annotations

from schemas.encoding.decode import decode
from schemas.page import Hints
from workers.extraction.reading.document import Document, parse_html


def document(
    html: str,
    url: str | None = "https://www.beispielblatt.example/politik/ein-artikel",
    headers: dict[str, str] | None = None,
    hints: Hints | None = None,
) -> Document:
    """Return the document of `html` as if fetched from `url`."""
    text = decode(html.encode(), None)
    return parse_html(text, url=url, headers=headers or {}, hints=hints or Hints(), size=len(html))
