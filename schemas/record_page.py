"""docs/record.md: every field of an article with type, meaning, example and standard, written from the JSON Schema."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

from schemas.article import ARTICLE_FIELDS
from schemas.json_schema import json_schema

PAGE = Path(__file__).parents[1] / "docs" / "record.md"

Schema: TypeAlias = dict[str, Any]

_OPENING = """# The record: every field of an article

A line of `articles-*.jsonl` is an article as JSON. Every field is always present; an unknown value is `null`, and an
unknown list is empty. Text is UTF-8 in Unicode NFC, without control characters and invisible characters. URLs are
absolute. Offsets count Unicode code points, as Python's strings do.

`newsline schema article` prints the same as JSON Schema 2020-12, with the standard of a field as `$comment`. This page
is written by `make schemas` from the models in `schemas/article.py` and `schemas/timestamp.py`.
[metadata.md](metadata.md) says where each value comes from, and [lifecycle.md](lifecycle.md) how lines follow each
other.
"""

_CLOSING = """
## Flags

| flag in `extraction.flags` | meaning |
|---|---|
| `correction` | the page has a notice of correction, which is no part of `text` |
| `date_in_future`, `date_too_old` | a date more than 24 hours in the future, or before 1990, was not used |
| `embedded` | the text comes from data embedded in the page, and not from the visible markup |
| `language_differs` | the page declares another language than that of the text |
| `parts` | the text was joined from several pages |
| `gone` | a withdrawn line: the address said 404 or 410, or the page said "not found" |
| `redirected_away` | a withdrawn line: the address leads to a home page or section page |
"""


def page_text() -> str:
    """Return the text of the page."""
    schema = json_schema("article")
    schema["properties"] = {name: schema["properties"][name] for name in ARTICLE_FIELDS}  # in the order of a line
    records = {"Article": schema, **schema["$defs"]}
    return _OPENING + "".join(_section(name, record, records) for name, record in records.items()) + _CLOSING


def example(field: Schema, records: dict[str, Schema]) -> Any:
    """Return the example of `field`; without an example, put the examples of the record's fields together."""
    if "examples" in field:
        return field["examples"][0]
    if "anyOf" in field:
        return example(field["anyOf"][0], records)
    if "$ref" in field:
        record = records[field["$ref"].rpartition("/")[2]]
        return {name: example(inner, records) for name, inner in record["properties"].items()}
    return [example(field["items"], records)]


def _section(title: str, record: Schema, records: dict[str, Schema]) -> str:
    rows = "".join(_row(name, field, records) for name, field in record["properties"].items())
    table = f"| field | type | meaning | example | standard |\n|---|---|---|---|---|\n{rows}"
    return f"\n## {title}\n\n{record['description']}\n\n{table}"


def _row(name: str, field: Schema, records: dict[str, Schema]) -> str:
    inner = " ".join(_refs(field))
    shown = (
        f"see [{inner}](#{inner.lower()})" if inner else f"`{json.dumps(example(field, records), ensure_ascii=False)}`"
    )
    cells = (f"`{name}`", _type(field), field["description"], shown, field.get("$comment", ""))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _refs(field: Schema) -> Iterator[str]:
    """Yield the name of the record in `field`, alone, in a list, or beside null."""
    if "$ref" in field:
        yield field["$ref"].rpartition("/")[2]
    for inner in (*field.get("anyOf", ()), *([field["items"]] if "items" in field else ())):
        yield from _refs(inner)


def _type(field: Schema) -> str:
    if "anyOf" in field:
        return " or ".join(_type(inner) for inner in field["anyOf"])
    if "$ref" in field:
        return str(field["$ref"].rpartition("/")[2])
    if "enum" in field or "const" in field:
        return " ".join(f"`{value}`" for value in field.get("enum", [field.get("const")]))
    if "items" in field:
        return f"list of {_type(field['items'])}"
    return str(field["type"])


def main() -> int:
    """Write the page; needed after a change of the models (`make schemas`)."""
    PAGE.write_text(page_text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
