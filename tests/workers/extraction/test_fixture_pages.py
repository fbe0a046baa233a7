"""Pages written for this project, with the expected result: a kind of boilerplate, or a trap to be kept."""

import json
from pathlib import Path

import pytest

from schemas.page import Hints
from workers.extraction.body.extract_body import extract_body
from workers.extraction.metadata import extract_metadata
from workers.extraction.reading.document import parse_html

PAGES = Path(__file__).parents[2] / "fixtures" / "body"


@pytest.mark.parametrize("name", sorted(path.name for path in PAGES.iterdir() if path.is_dir()))
def test_the_page_comes_out_as_expected(name: str) -> None:
    markup = (PAGES / name / "page.html").read_text(encoding="utf-8")
    expected = json.loads((PAGES / name / "expected.json").read_text(encoding="utf-8"))
    document = parse_html(
        markup, url=f"https://news.example/2026/03/{name}.html", headers={}, hints=Hints(), size=len(markup)
    )
    body = extract_body(document, extract_metadata(document))
    assert body.text.split("\n\n") == expected["text"]
    assert body.standfirst == expected["standfirst"]
    assert set(expected["removed"]) <= set(body.removed)
    if "kinds" in expected:
        assert [block.kind for block in body.blocks] == expected["kinds"]
    assert body.page_class == "article"
