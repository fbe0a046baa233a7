"""JSON-LD as newsrooms really write JSON-LD: parsed strictly, then with repairs of faults forgiven by browsers, too.

The repairs cover faults refused by `extruct` and `pyld`: comments, CDATA and HTML comment wrappers, trailing and
missing commas, raw control characters, wrong escapes, unescaped quotes, several values in a script. Never raises.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

import orjson

Node = dict[str, Any]

#: A longer script is a data dump (comments, tickers); repairs would cost more than the page.
_REPAIR_LIMIT = 300_000
#: Deeper nesting belongs to no article.
_MAX_DEPTH = 40

_WRAPPER = re.compile(
    r"^\s*(?:(?:/\*|//)\s*)?(?:<!--|<!\[CDATA\[)\s*(?:\*/)?"
    r"|(?:(?:/\*|//)\s*|(?<!\s)\s+)?(?:-->|\]\]>)\s*(?:\*/\s*)?(?:;\s*)?$"
)
# a string ends at the first quote before a sign that may follow a string in JSON, or before a line's end and a quote
_TOKEN = re.compile(
    r"""
    "(?P<string>(?:[^"\\]|\\.|"(?!\s*(?:[:}\]]|,\s*(?:["'{\[\-\d}\]]|true|false|null|/[/*])|/[/*]|$)|\s*\n\s*"))*)"
    |'(?P<single>[^'\n]*)'(?=\s*[,:}\]])
    |(?P<comment>/\*.*?\*/|//[^\n]*)
    |,(?=\s*[}\]])
    """,
    re.S | re.X,
)
_BAD_ESCAPE = re.compile(r'\\(?!["\\/bfnrt]|u[0-9a-fA-F]{4})')
_BARE_QUOTE = re.compile(r'(?<!\\)((?:\\\\)*)"')
_MISSING_COMMA = re.compile(r'([}\]"])(\s*\n\s*)(?=["{])')


def parse_jsonld(text: str) -> list[Any]:
    """Return the values in an `application/ld+json` script; an empty list when nothing can be read."""
    try:
        return [orjson.loads(text)]
    except orjson.JSONDecodeError:
        pass
    if len(text) > _REPAIR_LIMIT:
        return []
    text = _unwrapped(text)
    for attempt in (_as_it_is, _repaired, _unescaped):
        values = list(_values(attempt(text)))
        if values:
            return values
    return []


def _unwrapped(text: str) -> str:
    text = text.strip().lstrip("\ufeff")
    previous = None
    while previous != text:
        previous, text = text, _WRAPPER.sub("", text).strip()
    return text.rstrip(";")


def _as_it_is(text: str) -> str:
    return text


def _repaired(text: str) -> str:
    def token(match: re.Match[str]) -> str:
        text = match["string"] if match["string"] is not None else match["single"]
        if text is None:
            return ""
        inner = _BAD_ESCAPE.sub(r"\\\\", text.replace("\\'", "'"))
        return '"' + _BARE_QUOTE.sub(r'\1\\"', inner) + '"'

    return _MISSING_COMMA.sub(r"\1,\2", _TOKEN.sub(token, text))


def _unescaped(text: str) -> str:
    return _repaired(html.unescape(text))


def _values(text: str) -> Iterator[Any]:
    """Yield value after value, as far as they can be read; raw control characters in strings are accepted."""
    decoder = json.JSONDecoder(strict=False)
    at = 0
    while at < len(text):
        if text[at] in " \t\r\n,;":
            at += 1
            continue
        if text[at] not in "{[":
            return
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return
        yield value


def nodes_of(value: Any, depth: int = 0) -> Iterator[tuple[Node, int, str | None]]:
    """Yield every object in `value`, outermost first, with the depth and the property above."""
    stack: list[tuple[Any, int, str | None]] = [(value, depth, None)]
    while stack:
        current, level, key = stack.pop()
        if level > _MAX_DEPTH:
            continue
        if isinstance(current, list):
            stack.extend((item, level, key) for item in reversed(current))
        elif isinstance(current, dict):
            yield current, level, key
            for name, item in reversed(current.items()):
                if isinstance(item, dict | list):
                    inside = name if name != "@graph" else None
                    stack.append((item, level + (inside is not None), inside))
