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

#: Names of the array of tables.
TABLES = ("source", "sources")
#: Fields with a check of their own, which names the value and the fault.
_CHECKED_FIELDS = frozenset({"schedule", "revisit"})
#: Characters of a wrong value shown in a message.
_LONGEST_SHOWN = 80


class SourceFileError(ValueError):
    """A file that cannot be read as sources; the message names file, line and field."""


def read_sources(path: Path) -> list[Source]:
    """Return the enabled sources of `path`.

    Raises:
        SourceFileError: as `read_file`.
    """
    return [source for source in read_file(path) if source.enabled]


def pick(path: Path, source_ids: Sequence[str]) -> list[Source]:
    """Return the sources of `path` with the ids `source_ids`, or all enabled sources when no id is given.

    Raises:
        SourceFileError: as `read_file`, or there is no source with an id.
    """
    sources = {source.id: source for source in read_file(path)}
    for source_id in source_ids:
        if source_id not in sources:
            near = get_close_matches(source_id, sources, n=3)
            hint = f"did you mean {' or '.join(near)}?" if near else f"the sources are: {', '.join(list(sources)[:20])}"
            raise SourceFileError(f"{path}: there is no source {one_line(source_id)!r}; {hint}")
    if source_ids:
        return [sources[source_id] for source_id in dict.fromkeys(source_ids)]
    return [source for source in sources.values() if source.enabled]


def read_file(path: Path) -> list[Source]:
    """Return all sources of `path`: `[[source]]` tables in TOML; in JSON a list, or an object with `source`.

    A source without `name` is named by `id`; all other fields are as in Source.

    Raises:
        SourceFileError: the file is not a file of sources, an entry is not a source, or an `id` stands twice. The
            message lists all faults, each with file, line, field and allowed values.
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
            faults = [_problem(path, number, entry, lines, fault) for fault in error.errors()]
            problems += [text for _, text in sorted(faults)]
            continue
        if source.id in sources:
            problems.append(f"{where}: the id {source.id!r} stands twice")
        sources[source.id] = source
    if problems:
        raise SourceFileError("\n".join(dict.fromkeys(problems)))
    return list(sources.values())


def _problem(path: Path, number: int, entry: dict[str, Any], lines: TableLines | None, error: Any) -> tuple[int, str]:
    """Return line and message of a fault in a field: the place, the fault and the allowed values."""
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
    if name in _CHECKED_FIELDS and error["type"] == "value_error":
        fault = str(error["ctx"]["error"])
        return f"{name}: {fault}" + ("" if "(allowed: " in fault else f" (allowed: {allowed})")
    return f"{name}: {_shown(error['input'])} is not allowed (allowed: {allowed})"


def _shown(value: Any) -> str:
    text = one_line(repr(value))
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"


def _entries(path: Path) -> tuple[list[Any], list[TableLines]]:
    """Return the entries of `path`, and their lines where known (TOML only)."""
    tables: list[TableLines] = []
    try:
        text = path.read_text("utf-8")
        if path.suffix == ".json":
            content: Any = orjson.loads(text)
        else:
            content = tomllib.loads(text)
            tables = table_lines(text, TABLES)
    except FileNotFoundError as error:
        raise SourceFileError(f"there is no file {path}; make the file with: newsline sources add URL") from error
    except OSError as error:
        raise SourceFileError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:  # from both parsers and from UTF-8
        raise SourceFileError(f"{path} is not valid {'JSON' if path.suffix == '.json' else 'TOML'}: {error}") from error
    entries = content
    if isinstance(content, dict):
        entries = next((value for key, value in content.items() if key in TABLES), None)
    if not isinstance(entries, list) or not entries:
        raise SourceFileError(f"{path} holds no sources; write [[source]] tables with id and home")
    return entries, tables if len(tables) == len(entries) else []


def read_urls(path: Path) -> Iterator[tuple[Source, str]]:
    """Yield the source of the host and the URL for each line of the text file `path`, plain or `.gz`.

    Empty lines and lines that begin with `#` are skipped.

    Raises:
        SourceFileError: the file cannot be read, or a line is not an http or https URL.
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
    """Return the sources of the hosts in the file of URLs `path`, in the order of their first URLs.

    Raises:
        SourceFileError: as `read_urls`.
    """
    return list({source.id: source for source, _ in read_urls(path)}.values())
