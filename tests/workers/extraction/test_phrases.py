"""Every phrase of the tables can be found: none is written in a way that a passage is never read in."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest

from workers.cleaning.passage import Passage
from workers.cleaning.phrases import Phrases, phrases

TABLES = sorted(
    each.name.removesuffix(".toml")
    for each in files("workers.cleaning").joinpath("phrases").iterdir()
    if each.name.endswith(".toml")
)


def _folded(text: str) -> str:
    return Passage(0, text, "after", True, [text]).folded


def _finds(table: Phrases, group: str, phrase: str) -> bool:
    if group == "whole":
        return table.whole(_folded(phrase)) is not None
    after = [_folded(f"{phrase} 12 m"), _folded(f"{phrase}m")]  # languages with spaces between words, and without
    if group == "start":
        return any(map(table.starts, after))
    if group == "photo":
        return any(map(table.photo, after))
    inside = [_folded(f"M {phrase} m"), _folded(f"漢{phrase}漢")]
    return any(phrase.replace("’", "'").casefold() in table.every(group, text) for text in inside)


@pytest.mark.parametrize("kind", TABLES)
def test_every_phrase_can_be_found(kind: str) -> None:
    groups = tomllib.loads(files("workers.cleaning").joinpath("phrases", f"{kind}.toml").read_text("utf-8"))
    table = phrases(kind)
    sought = [
        (group, phrase)
        for group, languages in groups.items()
        if group != "words"
        for words in languages.values()
        for phrase in words
    ]
    assert [each for each in sought if not _finds(table, *each)] == []
    assert sought or table.words
