"""Lua scripts of the workers: the head, the code and Python's arguments name the same keys and arguments."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import workers
from workers.pages.emit import ArticleArguments, VisitRejectArguments

_ROOM = Path(workers.__file__).parent
_SCRIPTS = [path for path in sorted(_ROOM.rglob("*.lua")) if "-- KEYS\n" in path.read_text("utf-8")]


def _names_in_head(text: str, part: str) -> list[str]:
    """The numbered names below `KEYS` or `ARGV`, as far as each line names one argument."""
    lines = re.search(rf"^-- {part}\b[^\n]*\n((?:--  [^\n]*\n)*)", text, re.MULTILINE)
    rows = re.findall(r"^--\s+(\d+)\s+(\w+)", lines[1] if lines else "", re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, len(rows) + 1))
    return [name for _, name in rows]


def _names_in_code(text: str, part: str) -> list[str]:
    """The local names given to all keys or arguments at once."""
    names = re.search(rf"^local ([\w\s,]+) = unpack\({part}\)", text, re.MULTILINE)
    return re.findall(r"\w+", names[1]) if names else []


@pytest.mark.parametrize("path", _SCRIPTS, ids=lambda path: path.stem)
@pytest.mark.parametrize("part", ["KEYS", "ARGV"])
def test_the_head_names_what_the_code_names(path: Path, part: str) -> None:
    text = path.read_text("utf-8")
    assert _names_in_head(text, part)
    if f"unpack({part})" in text:
        assert _names_in_code(text, part) == _names_in_head(text, part)


@pytest.mark.parametrize(
    ("name", "arguments"), [("emit_article", ArticleArguments), ("emit_visit_reject", VisitRejectArguments)]
)
def test_python_gives_the_arguments_that_the_script_takes(name: str, arguments: Any) -> None:
    text = (_ROOM / "pages" / f"{name}.lua").read_text("utf-8")
    assert list(arguments._fields) == _names_in_code(text, "ARGV")


def test_the_fields_for_visits_follow_the_named_arguments() -> None:
    text = (_ROOM / "pages" / "emit_article.lua").read_text("utf-8")
    assert f"local first_field = {len(ArticleArguments._fields) + 1}\n" in text
