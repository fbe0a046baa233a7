"""Articles that the page carries as data: text that a script would show, where the page itself shows next to none.

Sites built in the browser (Next.js, Nuxt and the like) ship the article as HTML inside JSON strings; others cut the
visible text and leave the whole in JSON-LD. The longest such text is parsed as a page of its own, and judged like one.
"""

from __future__ import annotations

import html as entities
import json
import re

from lxml import etree, html
from lxml.html import HtmlElement

_STRING = re.compile(r'"((?:[^"\\]|\\.){300,})"', re.DOTALL)
_PARAGRAPH = re.compile(r"<p[\s>]", re.IGNORECASE)
_MARKUP_START = re.compile(r"<p[\s>]|\\u003[cC]p|&lt;p[\s&]", re.IGNORECASE)
#: JSON in a string of JSON in a string: deeper than that is nobody's article.
_NESTING = 3
#: Characters of script that are looked through, and of an article found in it.
_SCRIPT_LIMIT = 3_000_000
_LEAST = 400


def embedded_article(root: HtmlElement, stated: str | None) -> HtmlElement | None:
    """The article that the page's scripts hold, as a tree of its own; `stated` is the text that JSON-LD states."""
    best, best_size = "", _LEAST
    budget = _SCRIPT_LIMIT
    for script in root.iter("script"):
        text = script.text or ""
        if len(text) < _LEAST or len(text) > budget or not _MARKUP_START.search(text):
            continue
        budget -= len(text)
        for found in _strings(text, _NESTING):
            paragraphs = len(_PARAGRAPH.findall(found))
            if paragraphs >= 2 and len(found) > best_size:
                best, best_size = found, len(found)
    if stated and (not best or len(stated) > len(best)):
        best = "".join(f"<p>{entities.escape(line)}</p>" for line in stated.split("\n") if line.strip())
    if not best:
        return None
    try:
        tree = html.document_fromstring(f"<html><body><article>{best}</article></body></html>")
    except (etree.ParserError, ValueError):
        return None
    return tree


def _strings(text: str, depth: int) -> list[str]:
    """Every string of the JSON in `text` that holds markup, unescaped."""
    out: list[str] = []
    for match in _STRING.finditer(text):
        raw = match[1]
        if not _MARKUP_START.search(raw):
            continue
        try:
            value = json.loads(f'"{raw}"', strict=False)
        except ValueError:
            continue
        if "<" not in value and "&lt;p" in value:
            value = entities.unescape(value)
        if depth > 1 and value != raw and '"' in value and value.lstrip()[:1] not in ("<",):
            inner = _strings(value, depth - 1)
            if inner:
                out.extend(inner)
                continue
        out.append(value.replace("\x00", ""))
    return out
