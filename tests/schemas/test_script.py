"""Lua files: includes and constants, each file's head, and the letters of an article's memory."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from redis import Redis

from schemas.store.identity import IDENTITY_LUA
from schemas.store.memory import FIELDS, MEMORY_LUA
from schemas.store.script import LuaFile, Script
from schemas.store.visits import VISITS_LUA

_ROOT = Path(__file__).parents[2]
_FILES = sorted(
    path for side in ("newsline", "schemas", "scrapers", "workers") for path in (_ROOT / side).rglob("*.lua")
)
#: `article.x`, also of tables with a longer name such as `visited_article`, and of `recall(key).x`.
_FIELD = re.compile(r"\b\w*(?:article|memory)\.(\w+)|\brecall\([^()]*\)\.(\w+)")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package with a library and a script."""
    folder = tmp_path / "lua_files"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "library.lua").write_text("-- A library.\nlocal function double(x) return 2 * x end\n")
    (folder / "script.lua").write_text("-- A script.\n\n  -- KEYS 1 key\nreturn double(ARGV[1]) + ${MORE}\n")
    monkeypatch.syspath_prepend(tmp_path)
    return folder.name


def test_a_script_is_sent_with_its_includes_once_and_without_comments(package: str) -> None:
    library = LuaFile(package, "library")
    between = LuaFile(package, "library", includes=(library,))
    script = LuaFile(package, "script", includes=(library, between, library), MORE=3)
    assert script.text.count("double(x)") == 2
    assert script.text.endswith("return double(ARGV[1]) + 3\n")
    assert "--" not in script.text


def test_a_script_runs_at_once_or_in_a_pipeline(valkey: Redis, package: str) -> None:
    script = Script(valkey, LuaFile(package, "script", includes=(LuaFile(package, "library"),), MORE=3))
    assert script(keys=[], args=[4]) == 11
    with valkey.pipeline() as pipe:
        script(keys=[], args=[5], client=pipe)
        assert pipe.execute() == [13]


def test_constants_are_those_of_the_file(package: str) -> None:
    with pytest.raises(ValueError, match=r"script\.lua: constants .*: MORE$"):
        _ = LuaFile(package, "script").text
    with pytest.raises(ValueError, match=r"script\.lua: constants .*: LESS$"):
        _ = LuaFile(package, "script", MORE=3, LESS=1).text


def test_libraries_need_no_other_file() -> None:
    assert MEMORY_LUA.text in IDENTITY_LUA.text
    assert MEMORY_LUA.text in VISITS_LUA.text


@pytest.mark.parametrize("path", _FILES, ids=lambda path: str(path.relative_to(_ROOT)))
def test_a_lua_file_begins_with_its_protocol(path: Path) -> None:
    assert path.read_text("utf-8").startswith("-- ")


@pytest.mark.parametrize("path", _FILES, ids=lambda path: str(path.relative_to(_ROOT)))
def test_a_lua_file_uses_only_letters_of_the_table(path: Path) -> None:
    code = "\n".join(line for line in path.read_text("utf-8").splitlines() if not line.lstrip().startswith("--"))
    used = {first or second for first, second in _FIELD.findall(code)}
    assert used <= {field.letter for field in FIELDS}


def test_each_letter_stands_for_one_field() -> None:
    letters = [field.letter for field in FIELDS]
    assert len(set(letters)) == len(letters)
    assert all(re.fullmatch("[a-z]", letter) for letter in letters)
