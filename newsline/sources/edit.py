"""Edits to a file of sources which keep the rest of the file: comments, order and spacing.

The file is replaced as a whole, so that every reader sees either the old or the new file.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import AoT

from schemas.source import Source
from schemas.source_file import TABLES, SourceFileError, read_file
from schemas.toml_lines import table_lines
from schemas.urls.url_key import url_key

_NEW_FILE = "# The sites to crawl. Fields: newsline schema source; schedules: docs/operations.md\n"


def new_to(path: Path, sources: Iterable[Source], *, refuse_known: bool = True) -> list[Source]:
    """Return the sources which `path` does not have, by id and by home page.

    Raises:
        SourceFileError: the file cannot be read; or, with `refuse_known`, the file has a source already.
    """
    has_sources = path.exists() and any(table in _read(path) for table in TABLES)
    present = read_file(path) if has_sources else []
    ids = {url_key(source.home): source.id for source in present} | {source.id: source.id for source in present}
    fresh = []
    for source in sources:
        present_id = ids.get(source.id) or ids.get(url_key(source.home))
        if present_id and refuse_known:
            raise SourceFileError(
                f"{path} has {source.home} already, as {present_id}: try it with newsline sources check {present_id}"
            )
        if not present_id:
            fresh.append(source)
    return fresh


def add_sources(path: Path, sources: Iterable[Source]) -> None:
    """Append `sources` to the file `path`, or to a new file. Fields with default values are not written.

    Raises:
        SourceFileError: the file is no TOML, or cannot be written.
    """
    document = _read(path) if path.exists() else tomlkit.parse(_NEW_FILE)
    name = next((table for table in TABLES if table in document), "source")
    if name not in document:
        document[name] = tomlkit.aot()
    tables = document[name]
    if not isinstance(tables, AoT):
        raise SourceFileError(f"{path} cannot be edited: write the sources as [[{name}]] tables")
    for source in sources:
        table = _table(source)
        table.trivia.indent = "\n"  # an empty line before the header
        tables.append(table)
    _write(path, tomlkit.dumps(document))


def set_enabled(path: Path, source_id: str, enabled: bool) -> bool:
    """Pause or resume a source. Return False when the source was paused or resumed already.

    Raises:
        SourceFileError: the file cannot be read or written, or has no such source.
    """
    current = {source.id: source.enabled for source in read_file(path)}
    if source_id not in current:
        raise SourceFileError(f"{path}: there is no source {source_id!r}")
    if current[source_id] == enabled:
        return False
    document: Any = _read(path)
    name = next(table for table in TABLES if table in document)
    number = next(number for number, entry in enumerate(document[name]) if entry["id"] == source_id)
    table = document[name][number]
    lines = table_lines(path.read_text("utf-8"), (name,))
    if "enabled" not in table and number < len(lines):
        # tomlkit would append the field to the table, behind a comment which belongs to the next table
        text = path.read_text("utf-8").splitlines(keepends=True)
        text.insert(lines[number].fields["id"], "enabled = false\n")
        _write(path, "".join(text))
        return True
    if enabled and not table.item("enabled").trivia.comment:
        del table["enabled"]  # the default
    else:
        table["enabled"] = enabled
    _write(path, tomlkit.dumps(document))
    return True


def _read(path: Path) -> tomlkit.TOMLDocument:
    if path.suffix == ".json":
        raise SourceFileError(f"{path}: only TOML files are edited; change this JSON file by hand")
    try:
        return tomlkit.parse(path.read_text("utf-8"))
    except OSError as error:
        raise SourceFileError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise SourceFileError(f"{path} is no TOML: {error}") from error


def _table(source: Source) -> tomlkit.items.Table:
    table = tomlkit.table()
    for field, value in source.model_dump(exclude_defaults=True).items():
        if isinstance(value, list):
            array = tomlkit.array()
            array.extend(value)
            table[field] = array.multiline(len(value) > 1)
        else:
            table[field] = value
    return table


def _write(path: Path, text: str) -> None:
    """Replace the file by `text` in a single step, and keep the file's rights.

    Durable: the temporary file, after fsync. If the process dies before the rename, the old file is whole, and a hidden
    temporary file stays behind, which nothing reads.
    """
    target = path.resolve()  # a symbolic link stays a link
    temporary = ""
    try:
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o644
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        Path(temporary).replace(target)
    except OSError as error:
        if temporary:
            with suppress(OSError):
                Path(temporary).unlink()
        raise SourceFileError(f"cannot write {path}: {error.strerror}") from error
