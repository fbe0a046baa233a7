"""Pages of our own writing and what they say: tests/fixtures/metadata/<name>/{page.html,expected.json}.

`expected.json` gives the page's `url`, its `headers`, `hints` and the body's `text` where they matter, and under
`expected` the fields that are looked at.
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
    """A field as JSON gives it."""
    if isinstance(value, Found):
        return {"value": plain(value.value), "origin": value.origin}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.model_dump() if hasattr(value, "model_dump") else value


def read(case: dict[str, Any], html: str) -> Metadata:
    """The metadata of the fixture, the second step included."""
    page = document(html, case["url"], case.get("headers"), Hints(**case.get("hints", {})))
    text = case.get("text", "")
    body = Body(text=text, blocks=[], links=[], removed=Counter(), confidence=1.0)
    return complete_metadata(page, extract_metadata(page), body)


def narrowed(found: Any, wanted: Any) -> Any:
    """`found` with the keys that `wanted` has, at every depth."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return {key: narrowed(found.get(key), wanted[key]) for key in wanted}
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        return [narrowed(f, w) for f, w in zip(found, wanted, strict=True)]
    return found


@pytest.mark.parametrize("folder", FIXTURES, ids=lambda folder: folder.name)
def test_fixture(folder: Path) -> None:
    case = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    metadata = read(case, (folder / "page.html").read_text(encoding="utf-8"))
    wanted = case["expected"]
    found = {name: plain(getattr(metadata, name)) for name in wanted}
    assert narrowed(found, wanted) == wanted


def test_there_are_enough_pages_in_enough_languages() -> None:
    languages = {
        (folder / "page.html").read_text(encoding="utf-8").partition('<html lang="')[2][:2] for folder in FIXTURES
    }
    assert len(FIXTURES) >= 60
    assert len(languages - {""}) >= 10
