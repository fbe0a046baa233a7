"""Articles that were scraped to plain text before, cleaned again: one text, or an old corpus as JSON Lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from workers.extraction.plain_text import draft_of_text


class CorpusError(ValueError):
    """A line of the corpus that cannot be understood; the message names it."""


def clean_plain(text: str, title: str | None = None) -> dict[str, Any]:
    """The article in `text`: `title`, `standfirst`, `text`, `blocks`, and counts of what was `removed` by kind.

    What is unknown is None; `text` is empty where nothing reads like a story.
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
    """Each JSON object of `lines` with its `field` cleaned, and title, standfirst, blocks and removed beside it.

    A title that the object has is kept; its other fields stay as they are.

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
            raise CorpusError(f"line {number}: {field!r} holds {type(text).__name__}, not text")
        cleaned = clean_plain(text, title if isinstance(title, str) and title.strip() else None)
        cleaned[field] = cleaned.pop("text")
        yield orjson.dumps(record | cleaned) + b"\n"
