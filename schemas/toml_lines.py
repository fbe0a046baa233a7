"""On which lines of a TOML file the tables of an array and their fields stand, for messages to people.

tomllib says where a file breaks, but not where a value came from.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_HEADER = re.compile(r"^\s*\[\[\s*\"?([\w-]+)\"?\s*\]\]")
_OTHER_HEADER = re.compile(r"^\s*\[")
_FIELD = re.compile(r"^\s*[\"']?([\w-]+)[\"']?\s*[=.]")
#: Strings over several lines may hold anything.
_LONG_STRING = re.compile(r'"""|\'\'\'')


@dataclass
class TableLines:
    """The line of a table's header, and of its fields by name; the first line is 1."""

    header: int
    fields: dict[str, int] = field(default_factory=dict)


def table_lines(text: str, names: tuple[str, ...]) -> list[TableLines]:
    """The tables `[[name]]` of `text` in their order, for any of `names`."""
    tables: list[TableLines] = []
    inside = False
    quote = ""
    for number, line in enumerate(text.splitlines(), 1):
        begins_outside = not quote
        for match in _LONG_STRING.finditer(line):
            quote = match[0] if not quote else "" if quote == match[0] else quote
        if not begins_outside:
            continue
        if header := _HEADER.match(line):
            inside = header[1] in names
            if inside:
                tables.append(TableLines(number))
        elif _OTHER_HEADER.match(line) and "=" not in line and not line.startswith((" ", "\t")):
            inside = False
        elif inside and (found := _FIELD.match(line)):
            tables[-1].fields.setdefault(found[1], number)
    return tables
