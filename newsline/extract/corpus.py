"""Texts of articles, scraped by other tools: cleaned from a plain text, or from a corpus in JSON Lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from workers.extraction.plain_text import draft_of_text


class CorpusError(ValueError):
    """A line of the corpus cannot be understood; the message names the line."""


def clean_plain(text: str, title: str | None = None) -> dict[str, Any]:
    """Return the article in `text`: `title`, `standfirst`, `text`, `blocks`, and counts of `removed` blocks by kind.

    Unknown values are None. `text` is empty when no part of the input reads like a story.
    """
    draft = draft_of_text(text, title)
    metadata, body = draft.metadata, draft.body
    return {
        "title": metadata.title.value if metadata.title else None,
        "standfirst": metadata.standfirst.value if metadata.standfirst else None,
        "text": body.text,
        "blocks": [block.model_dump(exclude_none=True) for block in body.blocks],
        "removed": dict(sorted(body.removed.items())),
    }


def clean_corpus(lines: Iterable[bytes], field: str) -> Iterator[bytes]:
    """Yield each JSON object of `lines` with a cleaned `field`, and with title, standfirst, blocks and removed.

    An object's own title is kept. Other fields stay as they are.

    Raises:
        CorpusError: a line is no JSON object with text in `field`.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = orjson.loads(line)
            text, title = record[field], record.get("title")
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            raise CorpusError(f"line {number}: no JSON object with a field {field!r} ({error})") from error
        if not isinstance(text, str):
            raise CorpusError(f"line {number}: {field!r} holds {type(text).__name__}, not text; name another --field")
        cleaned = clean_plain(text, title if isinstance(title, str) and title.strip() else None)
        cleaned[field] = cleaned.pop("text")
        yield orjson.dumps(record | cleaned) + b"\n"
