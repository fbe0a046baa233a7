"""Check the fields of pages written for tests: tests/fixtures/metadata/<name>/{page.html,expected.json}.

`expected.json` gives the page's `url`, where needed `headers`, `hints` and the body's `text`, and under `expected` the
fields to compare.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from schemas.page import Hints
from tests.workers.extraction.pages import document
from workers.extraction.body.article_body import Body
from workers.extraction.fields.found import Found, Metadata
from workers.extraction.metadata import complete_metadata, extract_metadata

FIXTURES = sorted((Path(__file__).parents[2] / "fixtures" / "metadata").iterdir())


def plain(value: Any) -> Any:
    """Return a field in the form of JSON."""
    if isinstance(value, Found):
        return {"value": plain(value.value), "origin": value.origin}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.model_dump() if hasattr(value, "model_dump") else value


def read(case: dict[str, Any], html: str) -> Metadata:
    """Return the metadata of the fixture, with the fields that need the text."""
    page = document(html, case["url"], case.get("headers"), Hints(**case.get("hints", {})))
    text = case.get("text", "")
    body = Body(text=text, blocks=[], links=[], removed=Counter(), confidence=1.0)
    return complete_metadata(page, extract_metadata(page), body)


def narrowed(actual: Any, wanted: Any) -> Any:
    """Return `actual` with only the keys of `wanted`, at every depth."""
    if isinstance(wanted, dict) and isinstance(actual, dict):
        return {key: narrowed(actual.get(key), wanted[key]) for key in wanted}
    if isinstance(wanted, list) and isinstance(actual, list) and len(wanted) == len(actual):
        return [narrowed(f, w) for f, w in zip(actual, wanted, strict=True)]
    return actual


@pytest.mark.parametrize("folder", FIXTURES, ids=lambda folder: folder.name)
def test_fixture(folder: Path) -> None:
    case = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    metadata = read(case, (folder / "page.html").read_text(encoding="utf-8"))
    wanted = case["expected"]
    actual = {name: plain(getattr(metadata, name)) for name in wanted}
    assert narrowed(actual, wanted) == wanted


def test_there_are_enough_pages_in_enough_languages() -> None:
    languages = {
        (folder / "page.html").read_text(encoding="utf-8").partition('<html lang="')[2][:2] for folder in FIXTURES
    }
    assert len(FIXTURES) >= 60
    assert len(languages - {""}) >= 10
