"""Read the documents, and the comments and docstrings of the code, for the things that they name."""

from __future__ import annotations

import ast
import io
import re
import shlex
import tokenize
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from click import Context, Group
from click.exceptions import Exit, UsageError
from rq.cli.cli import main as rq_commands

from newsline.commands import main as newsline_commands

ROOT = Path(__file__).parents[2]
PACKAGES = ("newsline", "scrapers", "workers", "schemas", "training")
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "deploy/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]

#: A path from the root of the repository, anywhere in a text.
_ROOTED = re.compile(
    r"(?<![\w/.:@~-])(?:newsline|scrapers|workers|schemas|training|docs|deploy|tests)/[\w./*<>:-]*[\w*>/]"
)
#: A span with nothing but a file name, of a kind that only the repository has.
_FILE = re.compile(r"[\w./*-]+\.(?:py|lua|md|npz|sh|acl|yaml)")
_DOTTED = re.compile(r"(?:newsline|scrapers|workers|schemas|training|tests)(?:\.\w+)+")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
#: Files made by the operator, as deploy/README.md says.
_MADE_LATER = ("deploy/secrets", "deploy/sources.toml")
#: A value for each placeholder in the synopsis of a command.
_VALUES = {"SEQ": "3"}


def text_of(document: Path) -> str:
    """Return the text of `document`."""
    return document.read_text(encoding="utf-8")


def _spans(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def named_paths(text: str) -> Iterator[str]:
    """Yield each path of the repository named in `text`."""
    yield from _ROOTED.findall(text)
    yield from (span for span in _spans(text) if _FILE.fullmatch(span))


def named_modules(text: str) -> Iterator[str]:
    """Yield each module, function or class of the repository named between backticks in `text`."""
    yield from (span for span in _spans(text) if _DOTTED.fullmatch(span))


def cited_paths(file: Path) -> Iterator[str]:
    """Yield each path of the repository cited in the comments and docstrings of `file`."""
    for text in _remarks(file):
        yield from _ROOTED.findall(text)


def _remarks(file: Path) -> Iterator[str]:
    text = text_of(file)
    if file.suffix != ".py":
        yield from re.findall(r"--.*" if file.suffix == ".lua" else r"#.*", text)
        return
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    yield from (token.string for token in tokens if token.type == tokenize.COMMENT)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


def path_exists(path: str, beside: Path = ROOT) -> bool:
    """Return whether `path` exists, from the root or from the directory `beside`; `*` and `<word>` match any name."""
    if path.startswith(_MADE_LATER):
        return True
    pattern = re.sub(r"<\w+>", "*", path).rstrip("/")
    return any(True for base in (ROOT, beside) for _ in base.glob(pattern))


def module_exists(name: str) -> bool:
    """Return whether `name` is a module, or a function, class or constant of a module."""
    module, _, member = name.rpartition(".")
    try:
        if find_spec(name):
            return True
    except ModuleNotFoundError:
        pass
    spec = find_spec(module)
    return bool(spec and spec.origin and re.search(rf"^(?:def |class )?{member}\b", text_of(Path(spec.origin)), re.M))


def links(document: Path) -> Iterator[tuple[Path, str]]:
    """Yield the file and the anchor of each link from `document` into the repository."""
    for target in _LINK.findall(text_of(document)):
        if not re.match(r"[a-z]+:", target):
            path, _, anchor = target.partition("#")
            yield (document.parent / path).resolve() if path else document, anchor


def anchors(document: Path) -> set[str]:
    """Return the anchors of the headings of `document`, as a forge makes them."""
    headings = re.findall(r"^#+ (.+)$", text_of(document), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(text: str) -> Iterator[list[str]]:
    """Yield the words of each `newsline`, `rq`, `make` and `python -m` command, in code and between backticks."""
    lines = re.findall(r"^ {4}(.+)$", text, flags=re.MULTILINE)
    for block in re.findall(r"```\w*\n(.*?)```", text, flags=re.DOTALL):
        lines += block.splitlines()
    for line in lines + _spans(text):
        for part in re.split(r" \| | && | > |; ", line):
            command = re.sub(r"^(?:[A-Z_]+=\S+ )*(?:\S*/bin/)?", "", part.strip())
            if re.match(r"(?:newsline|rq|make|python -m) \S", command):
                yield [word.strip("…") for word in shlex.split(command, comments=True)]


def command_error(words: list[str]) -> str | None:
    """Return the error of a command line by the code that would run, or None.

    Files named on the command line are made in the working directory.
    """
    program, first, *rest = words
    if program == "make":
        return None if re.search(rf"^{first}:", text_of(ROOT / "Makefile"), re.MULTILINE) else f"no target {first}"
    if program == "python":
        return None if find_spec(rest[0]) else f"no module {rest[0]}"
    for word in rest:
        if word == "FILE" or re.search(r"^(?!https?:).*\.\w+$", word):
            Path(word).parent.mkdir(parents=True, exist_ok=True)
            Path(word).touch()
    group = rq_commands if program == "rq" else newsline_commands
    return _parse_error(group, [_VALUES.get(word, word) for word in (first, *rest)])


def _parse_error(group: Group, words: list[str]) -> str | None:
    command, context = group.get_command(Context(group), words[0]), Context(group)
    if command is None:
        return None if words[0].startswith("-") or words[0] == "COMMAND" else f"no command {words[0]!r}"
    if isinstance(command, Group) and words[1:]:
        return _parse_error(command, words[1:])
    if not words[1:]:  # the name of a command, and no command line
        return None
    try:
        command.make_context(command.name, words[1:], parent=context)
    except Exit:  # after --help
        return None
    except UsageError as error:
        return error.format_message()
    return None
