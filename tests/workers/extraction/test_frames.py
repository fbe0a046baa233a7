"""The cached tests on names find the frames that the XPaths of the pinned version of trafilatura find."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lxml import html
from trafilatura.xpaths import BODY_XPATH

from workers.extraction.body.trafilatura_frames import frames

FIXTURES = Path(__file__).parents[2] / "fixtures"
PAGES = sorted([*FIXTURES.glob("body/*/page.html"), *FIXTURES.glob("metadata/*/page.html")])


@pytest.mark.parametrize("path", PAGES, ids=lambda path: f"{path.parent.parent.name}-{path.parent.name}")
def test_frames_are_those_of_trafilatura(path: Path) -> None:
    tree = html.document_fromstring(path.read_bytes(), parser=html.HTMLParser(encoding="utf-8"))
    matches: list[Any] = [expression(tree) for expression in BODY_XPATH]
    assert list(frames(tree)) == [elements[0] for elements in matches if elements]


def test_enough_pages_have_frames_to_compare() -> None:
    pages = [html.document_fromstring(path.read_bytes()) for path in PAGES]
    assert sum(bool(list(frames(page))) for page in pages) >= 50
