"""docs/record.md and the JSON Schema: every field of an article has a meaning and an example which is valid."""

from __future__ import annotations

import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from schemas.article import Article
from schemas.json_schema import json_schema
from schemas.record_page import PAGE, example, page_text
from tests.docs.documents import ROOT, text_of

SCHEMA = json_schema("article")
RECORDS = {"Article": SCHEMA, **SCHEMA["$defs"]}
FIELDS = [(record, name) for record, schema in RECORDS.items() for name in schema["properties"]]


@pytest.mark.parametrize(("record", "name"), FIELDS, ids=[f"{record}.{name}" for record, name in FIELDS])
def test_each_field_has_a_meaning_and_a_valid_example(record: str, name: str) -> None:
    field: dict[str, Any] = RECORDS[record]["properties"][name]
    assert field.get("description", "").endswith(".")
    for value in field.get("examples") or [example(field, RECORDS)]:
        Draft202012Validator({**field, "$defs": SCHEMA["$defs"]}).validate(value)


def test_the_examples_make_an_article() -> None:
    Article.model_validate({name: example(field, RECORDS) for name, field in SCHEMA["properties"].items()})


def test_the_page_is_written_from_the_models() -> None:
    assert text_of(PAGE) == page_text(), "run make schemas"


def test_each_flag_is_explained() -> None:
    source = "\n".join(text_of(file) for file in (ROOT / "workers").rglob("*.py"))
    patterns = (
        r'flags?\.append\("(\w+)"\)',
        r'flag="(\w+)"',
        r'flag = "(\w+)"',
        r'else "(date_\w+)"',
        r'\| \{"(\w+)"\}',
    )
    flags = {flag for pattern in patterns for flag in re.findall(pattern, source)} | {"gone", "redirected_away"}
    section = text_of(PAGE).partition("## Flags")[2]
    assert flags - set(re.findall(r"`(\w+)`", section)) == set()
