"""Imports of lists of sites: OPML (feed readers), CSV (tables), files with a URL on each line.

Each host becomes a source: several feeds of a site give a source with several feeds. An entry with an error is named
with the line number, and the other entries are taken.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from lxml import etree
from pydantic import ValidationError

from schemas.languages import language_tag
from schemas.source import Source, source_for
from schemas.source_file import SourceFileError
from schemas.text import clean_text, one_line

#: Names of columns in other tables, for our fields.
_COLUMNS = {
    **dict.fromkeys(("url", "website", "site", "homepage", "link", "html_url", "htmlurl"), "home"),
    **dict.fromkeys(("title", "publisher", "source"), "name"),
    **dict.fromkeys(("feed", "rss", "feed_url", "xml_url", "xmlurl"), "feeds"),
    **dict.fromkeys(("sitemap", "sitemap_url"), "sitemaps"),
    **dict.fromkeys(("section",), "sections"),
    **dict.fromkeys(("lang",), "language"),
}
_LISTS = frozenset(
    name for name, spec in Source.model_fields.items() if spec.annotation is not None and spec.default == []
)
#: Separators of the parts of a cell, for fields with lists.
_BETWEEN = re.compile(r"[\s|;]+")
_MOST_BYTES = 64 * 1024 * 1024


@dataclass
class Imported:
    """The result of an import."""

    #: By id, in the order of the file.
    sources: dict[str, Source] = field(default_factory=dict)
    #: Messages about entries with errors, each with the line number.
    problems: list[str] = field(default_factory=list)

    def take(self, fields: dict[str, Any]) -> None:
        """Add a source with these fields. A second entry of a host adds feeds and other lists to the host's source.

        Raises:
            ValueError: the fields make no source.
        """
        bare = source_for(fields["home"])
        source = Source(**{"id": bare.id, "name": bare.name, **fields})
        if earlier := self.sources.get(source.id):
            joined = {
                name: list(dict.fromkeys([*getattr(earlier, name), *getattr(source, name)])) for name in sorted(_LISTS)
            }
            source = earlier.model_copy(update=joined)
        self.sources[source.id] = source


def import_sources(path: Path) -> Imported:
    """Read the sources in an OPML, CSV or URL list: OPML by the content, CSV by the file's name, else URLs.

    Raises:
        SourceFileError: the file cannot be read, or has none of these formats.
    """
    try:
        body = path.read_bytes()
    except OSError as error:
        raise SourceFileError(f"cannot read {path}: {error.strerror}") from error
    start = body[:1000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if len(body) > _MOST_BYTES:
        raise SourceFileError(f"{path} is larger than {_MOST_BYTES >> 20} MB: split the file")
    imported = Imported()
    if start.startswith(b"<"):
        entries = _opml(path, body)
    else:
        try:
            text = body.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise SourceFileError(f"{path} is not UTF-8: {error}") from error
        entries = _table(path, text) if path.suffix.lower() in (".csv", ".tsv") else _urls(text)
    for line, fields in entries:
        try:
            imported.take(fields)
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0])
            allowed = Source.model_fields[name].description
            imported.problems.append(f"{path}, line {line}: {name}: {first['input']!r} (allowed: {allowed})")
        except ValueError as error:
            imported.problems.append(one_line(f"{path}, line {line}: {error}"))
    if not imported.sources and not imported.problems:
        raise SourceFileError(f"{path} names no sites: give OPML, CSV with a header, or a URL on each line")
    return imported


def _opml(path: Path, body: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield line number and fields of each outline with `xmlUrl` or `htmlUrl` (OPML 2.0).

    Parsed by lxml, because the libraries for OPML leave out `htmlUrl`, the home page.
    """
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False)
    try:
        tree = etree.fromstring(body, parser)
    except etree.LxmlError as error:
        raise SourceFileError(f"{path} is no OPML: {error}") from error
    if tree is None or tree.tag.lower() != "opml":
        raise SourceFileError(f"{path} is no OPML: its root is {'nothing' if tree is None else tree.tag}")
    outlines: Any = tree.iter("outline")
    for outline in outlines:
        attributes = {name.lower(): one_line(value) for name, value in outline.attrib.items()}
        feed, home = attributes.get("xmlurl", ""), attributes.get("htmlurl", "")
        if feed or home:
            fields: dict[str, Any] = {"home": home or _root(feed), "feeds": [feed] if feed else []}
            if name := attributes.get("title") or attributes.get("text"):
                fields["name"] = name
            if language := language_tag(attributes.get("language", "")):
                fields["language"] = language
            yield outline.sourceline or 0, fields


def _table(path: Path, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield line number and fields of each row. The header has names of Source's fields, or the names in _COLUMNS."""
    try:
        dialect: Any = csv.Sniffer().sniff(text[:10_000], delimiters=",;\t")
    except csv.Error:  # a single column
        dialect = csv.excel
    rows = csv.reader(text.splitlines(keepends=True), dialect)
    header = [re.sub(r"[\s-]+", "_", cell.strip().lower()) for cell in next(rows, [])]
    names = [_COLUMNS.get(cell, cell) for cell in header]
    if "home" not in names and "feeds" not in names:
        raise SourceFileError(
            f"{path}, line 1: no column home or feeds; the columns are: {one_line(', '.join(header))} "
            f"(allowed: {', '.join(Source.model_fields)}, or {', '.join(_COLUMNS)})"
        )
    for row in rows:
        fields: dict[str, Any] = {}
        for name, cell in zip(names, row, strict=False):
            value = clean_text(cell).strip()
            if value and name in Source.model_fields:
                fields[name] = [*fields.get(name, []), *_BETWEEN.split(value)] if name in _LISTS else value
        if fields:
            if "home" not in fields and fields.get("feeds"):
                fields["home"] = _root(fields["feeds"][0])
            yield rows.line_num, {"home": "", **fields}


def _root(feed: str) -> str:
    """Return the root of the feed's host, for a feed without a known home page, or `feed` when `feed` is no URL."""
    return urljoin(feed, "/") if feed.startswith(("http://", "https://")) else feed


def _urls(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield line number and fields of each line with a URL. Further URLs of a host are sections of the first."""
    homes: set[str] = set()
    for number, line in enumerate(text.splitlines(), 1):
        url = line.strip()
        if not url or url.startswith("#"):
            continue
        try:
            source_id = source_for(url).id
        except ValueError:
            source_id = ""
        yield number, {"home": url, "sections": [url] if source_id in homes else []}
        homes.add(source_id)
