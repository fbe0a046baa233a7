"""Sources and URLs from files: a TOML or JSON file of sources, a text file with a URL on each line."""

from __future__ import annotations

import gzip
import tomllib
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import orjson
from pydantic import ValidationError

from schemas.source import Source, source_for
from schemas.text import one_line
from schemas.toml_lines import TableLines, table_lines

#: How the array of tables may be called.
TABLES = ("source", "sources")
#: Fields whose own check names the value and what is wrong with it.
_SAYS_WHY = frozenset({"schedule", "revisit"})
#: A wrong value is shown up to this length (characters).
_LONGEST_SHOWN = 80


class SourceFileError(ValueError):
    """A file that cannot be understood; the message names file, line and field."""


def read_sources(path: Path) -> list[Source]:
    """The enabled sources of `path`.

    Raises:
        SourceFileError: as `read_file`.
    """
    return [source for source in read_file(path) if source.enabled]


def pick(path: Path, source_ids: Sequence[str]) -> list[Source]:
    """The sources of `path` with these ids; all that are enabled when none is given.

    Raises:
        SourceFileError: as `read_file`, or there is no such source.
    """
    sources = {source.id: source for source in read_file(path)}
    for source_id in source_ids:
        if source_id not in sources:
            near = get_close_matches(source_id, sources, n=3)
            hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(list(sources)[:20])}"
            raise SourceFileError(f"{path}: there is no source {one_line(source_id)!r}; {hint}")
    if source_ids:
        return [sources[source_id] for source_id in dict.fromkeys(source_ids)]
    return [source for source in sources.values() if source.enabled]


def read_file(path: Path) -> list[Source]:
    """All sources of `path`: `[[source]]` tables in TOML, or in JSON a list or an object with `source`.

    `name` is the `id` where it is left out; everything else is as in Source.

    Raises:
        SourceFileError: no file of sources, an entry that is no source, or an `id` that comes twice; all that is wrong
            is said, each with file, line, field and what is allowed.
    """
    entries, tables = _entries(path)
    problems: list[str] = []
    sources: dict[str, Source] = {}
    for number, entry in enumerate(entries):
        lines = tables[number] if number < len(tables) else None
        where = f"{path}, line {lines.header}" if lines else f"{path}, source {number + 1}"
        if not isinstance(entry, dict):
            problems.append(f"{where}: not a table of fields")
            continue
        try:
            source = Source(**{"name": entry.get("id"), **entry})
        except ValidationError as error:
            found = [_problem(path, number, entry, lines, each) for each in error.errors()]
            problems += [text for _, text in sorted(found)]
            continue
        if source.id in sources:
            problems.append(f"{where}: the id {source.id!r} comes twice")
        sources[source.id] = source
    if problems:
        raise SourceFileError("\n".join(dict.fromkeys(problems)))
    return list(sources.values())


def _problem(path: Path, number: int, entry: dict[str, Any], lines: TableLines | None, error: Any) -> tuple[int, str]:
    """Line and words: what is wrong with one field, where, and what is allowed there."""
    name = str(error["loc"][0])
    line = lines.fields.get(name, lines.header) if lines else 0
    where = f"{path}, line {line}" if line else f"{path}, source {number + 1}"
    where += f" ({one_line(str(entry['id']))})" if entry.get("id") else ""
    return line, f"{where}: {_words(name, entry, error)}"


def _words(name: str, entry: dict[str, Any], error: Any) -> str:
    if error["type"] == "extra_forbidden":
        near = get_close_matches(name, Source.model_fields, n=1)
        hint = f"; did you mean {near[0]}?" if near else f"; fields are: {', '.join(Source.model_fields)}"
        return f"there is no field {one_line(name)}{hint}"
    allowed = Source.model_fields[name].description
    if name not in entry and name != "name":
        return f"{name} is missing: {allowed}"
    if name in _SAYS_WHY and error["type"] == "value_error":
        said = str(error["ctx"]["error"])
        return f"{name}: {said}" + ("" if "(allowed: " in said else f" (allowed: {allowed})")
    return f"{name}: {_shown(error['input'])} is not allowed (allowed: {allowed})"


def _shown(value: Any) -> str:
    text = one_line(repr(value))
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"


def _entries(path: Path) -> tuple[list[Any], list[TableLines]]:
    """The entries of `path`, and where they stand if that is known."""
    tables: list[TableLines] = []
    try:
        text = path.read_text("utf-8")
        if path.suffix == ".json":
            said: Any = orjson.loads(text)
        else:
            said = tomllib.loads(text)
            tables = table_lines(text, TABLES)
    except FileNotFoundError as error:
        raise SourceFileError(f"there is no file {path}: newsline sources add URL makes one") from error
    except OSError as error:
        raise SourceFileError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:  # of both parsers, and of UTF-8
        raise SourceFileError(f"{path} is no {'JSON' if path.suffix == '.json' else 'TOML'}: {error}") from error
    entries = next((said[each] for each in said if each in TABLES), None) if isinstance(said, dict) else said
    if not isinstance(entries, list) or not entries:
        raise SourceFileError(f"{path} holds no sources: [[source]] tables with id and home are looked for")
    return entries, tables if len(tables) == len(entries) else []


def read_urls(path: Path) -> Iterator[tuple[Source, str]]:
    """Each URL of the text file `path` (`.gz` understood) with the source that its host stands for.

    Blank lines and lines that begin with `#` are passed over.

    Raises:
        SourceFileError: the file cannot be read, or a line holds no http or https URL.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                url = line.strip().removeprefix("\ufeff")
                if not url or url.startswith("#"):
                    continue
                try:
                    yield source_for(url), url
                except ValueError as error:
                    raise SourceFileError(f"{path}, line {number}: {error}") from error
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise SourceFileError(f"cannot read {path}: {error}") from error


def sources_of_urls(path: Path) -> list[Source]:
    """The sources of the hosts in the file of URLs `path`, in the order of their first URLs.

    Raises:
        SourceFileError: as `read_urls`.
    """
    return list({source.id: source for source, _ in read_urls(path)}.values())
