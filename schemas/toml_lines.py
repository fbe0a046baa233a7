"""Line numbers of the tables of an array and of their fields in a TOML file, for error messages.

tomllib gives the line of a syntax error, but not the line of a value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_HEADER = re.compile(r"^\s*\[\[\s*\"?([\w-]+)\"?\s*\]\]")
_OTHER_HEADER = re.compile(r"^\s*\[")
_FIELD = re.compile(r"^\s*[\"']?([\w-]+)[\"']?\s*[=.]")
#: Quotes of strings over several lines; such strings may contain any text.
_LONG_STRING = re.compile(r'"""|\'\'\'')


@dataclass
class TableLines:
    """The line of a table's header, and the lines of the fields by name; the first line is 1."""

    header: int
    fields: dict[str, int] = field(default_factory=dict)


def table_lines(text: str, names: tuple[str, ...]) -> list[TableLines]:
    """Return the lines of the tables `[[name]]` of `text`, in order, for all of `names`."""
    tables: list[TableLines] = []
    inside = False
    quote = ""
    for number, line in enumerate(text.splitlines(), 1):
        begins_outside = not quote
        for mark in _LONG_STRING.finditer(line):
            quote = mark[0] if not quote else "" if quote == mark[0] else quote
        if not begins_outside:
            continue
        if header := _HEADER.match(line):
            inside = header[1] in names
            if inside:
                tables.append(TableLines(number))
        elif _OTHER_HEADER.match(line) and "=" not in line and not line.startswith((" ", "\t")):
            inside = False
        elif inside and (match := _FIELD.match(line)):
            tables[-1].fields.setdefault(match[1], number)
    return tables
