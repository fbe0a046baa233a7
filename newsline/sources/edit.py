"""Changes to a file of sources that leave everything else in it as it is: comments, order and spacing.

A file is replaced as a whole: whoever reads it sees the old or the new one.
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


def new_to(path: Path, sources: Iterable[Source], *, known_is_wrong: bool = True) -> list[Source]:
    """Those of `sources` that `path` does not have, by id and by home page.

    Raises:
        SourceFileError: the file cannot be read, or it has one of them and `known_is_wrong`.
    """
    begun = path.exists() and any(each in _read(path) for each in TABLES)
    known = read_file(path) if begun else []
    names = {url_key(source.home): source.id for source in known} | {source.id: source.id for source in known}
    fresh = []
    for source in sources:
        name = names.get(source.id) or names.get(url_key(source.home))
        if name and known_is_wrong:
            raise SourceFileError(f"{path} has {source.home} already, as {name}: newsline sources check {name}")
        if not name:
            fresh.append(source)
    return fresh


def add_sources(path: Path, sources: Iterable[Source]) -> None:
    """Write `sources` behind those of `path`, which is made when it is not there; only what is not by default.

    Raises:
        SourceFileError: the file is no TOML, or cannot be written.
    """
    document = _read(path) if path.exists() else tomlkit.parse(_NEW_FILE)
    name = next((each for each in TABLES if each in document), "source")
    if name not in document:
        document[name] = tomlkit.aot()
    tables = document[name]
    if not isinstance(tables, AoT):
        raise SourceFileError(f"{path}: sources are not written as [[{name}]] tables, and are not edited")
    for source in sources:
        table = _table(source)
        table.trivia.indent = "\n"  # an empty line before its header
        tables.append(table)
    _write(path, tomlkit.dumps(document))


def set_enabled(path: Path, source_id: str, enabled: bool) -> bool:
    """Pause or resume a source; False when it is so already.

    Raises:
        SourceFileError: the file cannot be read or written, or has no such source.
    """
    current = {source.id: source.enabled for source in read_file(path)}
    if source_id not in current:
        raise SourceFileError(f"{path}: there is no source {source_id!r}")
    if current[source_id] == enabled:
        return False
    document: Any = _read(path)
    name = next(each for each in TABLES if each in document)
    number = next(number for number, each in enumerate(document[name]) if each["id"] == source_id)
    table = document[name][number]
    lines = table_lines(path.read_text("utf-8"), (name,))
    if "enabled" not in table and number < len(lines):
        # tomlkit would put it at the table's end, behind a comment that belongs to what follows
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
        raise SourceFileError(f"{path}: only TOML files are edited; change it by hand")
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
    """Put `text` in the place of the file as one step, with the rights that it had."""
    target = path.resolve()  # a link stays one
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
