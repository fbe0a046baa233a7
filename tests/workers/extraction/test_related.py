"""What announces another article is told in every language of the table; a paragraph that begins so stays."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest

from workers.cleaning.passage import Finding, Passage, Story
from workers.cleaning.related import judge

STARTS = tomllib.loads(files("workers.cleaning").joinpath("phrases", "related.toml").read_text("utf-8"))["start"]


def _judged(text: str) -> Finding | None:
    passage = Passage(0, text, "inside", True, [text])
    return judge(passage, Story(passages=[passage]))


@pytest.mark.parametrize("language", STARTS)
def test_a_line_that_announces_another_article_is_certain(language: str) -> None:
    for phrase in STARTS[language]:
        line = phrase if phrase.endswith((":", "：")) else f"{phrase}:"
        found = _judged(f"{line[:1].upper()}{line[1:]} Lindholm 1904")
        assert found and found.kind == "related" and found.certain, phrase


def test_a_label_in_brackets_announces_too() -> None:
    found = _judged("【関連記事】リンドホルムの魚市場")
    assert found and found.certain


def test_a_paragraph_that_begins_so_stays() -> None:
    text = (
        "Read more slowly, the teacher told the class, and you will find that the story has two ends. The children "
        "read it again, aloud this time, and found three."
    )
    found = _judged(text)
    assert found is None or not found.certain
