"""What one page may cost, counted and not timed: parses, copies of the tree, languages detected."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from lxml import etree
from py3langid.langid import LanguageIdentifier

from schemas.page import Page
from tests.workers.extraction.test_body import PARAGRAPHS
from workers.extraction import verdict
from workers.extraction.extract import extract

MARKUP = (
    "<html lang=en><head><title>The fish market of Lindholm closes</title></head><body><article><h1>The fish market of "
    f"Lindholm closes</h1>{''.join(f'<p>{text}</p>' for text in PARAGRAPHS)}</article></body></html>"
)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names of the counted functions, in the order in which they were called; each still does its work."""
    made: list[str] = []

    def count(owner: Any, name: str) -> None:
        real = getattr(owner, name)

        def counted(*args: Any, **options: Any) -> Any:
            made.append(name)
            return real(*args, **options)

        monkeypatch.setattr(owner, name, counted)

    count(etree, "fromstring")
    count(copy, "deepcopy")
    count(verdict, "deepcopy")
    count(LanguageIdentifier, "classify")
    yield made


def test_a_page_is_parsed_once_copied_once_and_asked_for_its_language_once(calls: list[str]) -> None:
    draft = extract(
        Page(
            page_id="p",
            url="https://news.example/a-story",
            requested_url="https://news.example/a-story",
            status=200,
            headers={},
            body=MARKUP.encode(),
            fetched_at="2026-11-01T00:00:00Z",
            source_id="s",
            source_name="s",
        )
    )
    assert draft.body.text == "\n\n".join(PARAGRAPHS)
    assert sorted(calls) == ["classify", "deepcopy", "fromstring"]
