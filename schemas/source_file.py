"""Sources and URLs from files: a TOML or JSON file of sources, a text file with a URL on each line."""

from __future__ import annotations

import gzip
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
from pydantic import ValidationError

from schemas.source import Source, source_for


class SourceFileError(ValueError):
    """A file that cannot be understood; the message names file, entry and field."""


def read_sources(path: Path) -> list[Source]:
    """The enabled sources of `path`.

    Raises:
        SourceFileError: as `read_file`.
    """
    return [source for source in read_file(path) if source.enabled]


def read_file(path: Path) -> list[Source]:
    """All sources of `path`: `[[source]]` tables in TOML, or in JSON a list or an object with `source`.

    `name` is the `id` where it is left out; everything else is as in Source.

    Raises:
        SourceFileError: no file of sources, an entry that is no source, or an `id` that comes twice.
    """
    entries = _entries(path)
    sources: dict[str, Source] = {}
    for number, entry in enumerate(entries, 1):
        where = f"{path}, source {number}"
        if not isinstance(entry, dict):
            raise SourceFileError(f"{where}: not a table of fields")
        try:
            source = Source(**{"name": entry.get("id"), **entry})
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(map(str, first["loc"]))
            raise SourceFileError(f"{where} ({entry.get('id') or 'without id'}): {field}: {first['msg']}") from error
        if source.id in sources:
            raise SourceFileError(f"{where}: the id {source.id!r} comes twice")
        sources[source.id] = source
    return list(sources.values())


def _entries(path: Path) -> list[Any]:
    try:
        said: Any = (
            orjson.loads(path.read_bytes()) if path.suffix == ".json" else tomllib.loads(path.read_text("utf-8"))
        )
    except OSError as error:
        raise SourceFileError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, tomllib.TOMLDecodeError) as error:
        raise SourceFileError(f"{path} is no {'JSON' if path.suffix == '.json' else 'TOML'}: {error}") from error
    entries = said.get("source", said.get("sources")) if isinstance(said, dict) else said
    if not isinstance(entries, list) or not entries:
        raise SourceFileError(f"{path} holds no sources: [[source]] tables with id and home are looked for")
    return entries


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
