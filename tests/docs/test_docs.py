"""Every path, link, command, setting and test named in the documents exists; so does every file cited in the code."""

from __future__ import annotations

import html
import json
import re
from dataclasses import fields
from pathlib import Path

import pytest
from click.testing import CliRunner

from newsline.commands import main
from schemas.process.settings import PREFIX, Settings
from tests.docs.documents import (
    DOCUMENTS,
    PACKAGES,
    ROOT,
    anchors,
    cited_paths,
    command_error,
    commands,
    links,
    module_exists,
    named_modules,
    named_paths,
    path_exists,
    text_of,
)

#: Files with comments that cite other files.
CITING = [
    *(file for package in PACKAGES for kind in ("py", "lua", "toml") for file in (ROOT / package).rglob(f"*.{kind}")),
    *(file for file in (ROOT / "deploy").rglob("*") if file.suffix in {".conf", ".yaml", ".yml", ".sh", ".acl"}),
    *(ROOT / name for name in ("pyproject.toml", "Makefile", "constraints.txt", "deploy/Containerfile")),
]
#: The least number of behaviours in the table of docs/contributing.md.
BEHAVIOURS = 20
#: A variable of the tests beside the settings.
OF_TESTS = "NEWSLINE_TEST_MUTATIONS"


def name_of(file: Path) -> str:
    return str(file.relative_to(ROOT))


every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)


@every_document
def test_each_path_exists(document: Path) -> None:
    assert [path for path in named_paths(text_of(document)) if not path_exists(path, document.parent)] == []


@every_document
def test_each_module_exists(document: Path) -> None:
    assert [name for name in named_modules(text_of(document)) if not module_exists(name)] == []


@every_document
def test_each_link_leads_somewhere(document: Path) -> None:
    broken = [
        f"{file}#{anchor}"
        for file, anchor in links(document)
        if not file.exists() or (anchor and anchor not in anchors(file))
    ]
    assert broken == []


@every_document
def test_each_command_can_be_typed(document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    errors = {" ".join(words): error for words in commands(text_of(document)) if (error := command_error(words))}
    assert errors == {}


@every_document
def test_each_setting_exists(document: Path) -> None:
    settings = {PREFIX + setting.name.upper() for setting in fields(Settings)}
    assert set(re.findall(r"\bNEWSLINE_[A-Z_]*[A-Z]", text_of(document))) - settings - {OF_TESTS} == set()


@every_document
def test_each_cited_test_exists(document: Path) -> None:
    tests = set[str]()
    for file in (ROOT / "tests").rglob("test_*.py"):
        tests |= {file.stem, *re.findall(r"def (test_\w+)", text_of(file))}
    assert set(re.findall(r"\btest_\w+", text_of(document))) - tests == set()


def test_the_table_of_behaviours_names_files() -> None:
    section = text_of(ROOT / "docs" / "contributing.md").partition("## Where is …?")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (?!behaviour)([^|]+) \| (.+) \|$", section, flags=re.MULTILINE)
    assert len(rows) >= BEHAVIOURS
    assert [behaviour for behaviour, place in rows if not any(map(path_exists, named_paths(place)))] == []


def test_each_file_cited_in_the_code_exists() -> None:
    dead = [
        (name_of(file), path) for file in CITING for path in cited_paths(file) if not path_exists(path, file.parent)
    ]
    assert dead == []


def test_the_example_of_the_readme_is_true() -> None:
    readme = text_of(ROOT / "README.md")
    page = "docs/example/page.html"
    words = next(words for words in commands(readme) if page in words)
    result = CliRunner().invoke(main, [str(ROOT / page) if word == page else word for word in words[1:]])
    record = json.loads(result.output)
    record["removed"] = record["extraction"]["removed"]
    shown = json.loads(readme.split("```json\n")[1].split("```")[0])
    assert {field: record[field] for field in shown} == shown
    markup = re.sub(r"</?a\b[^>]*>", "", text_of(ROOT / page))
    lines = {line.strip() for line in html.unescape(re.sub(r"<[^>]+>", "\n", markup)).splitlines()}
    assert set(readme.split("```text\n")[1].split("```")[0].splitlines()) <= lines
