"""Articles inside the page's data: text for a script to show, where the page itself shows next to none.

Sites built in the browser (Next.js, Nuxt and the like) ship the article as HTML inside JSON strings; others cut the
visible text and leave the whole text in JSON-LD. The longest such text is parsed and read like a page of its own.
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
#: Levels of JSON in a string of JSON; no article lies deeper.
_NESTING = 3
#: Characters of script to look through, at most, and characters of an article found there, at least.
_SCRIPT_LIMIT = 3_000_000
_LEAST = 400


def embedded_article(root: HtmlElement, stated: str | None) -> HtmlElement | None:
    """Return the article in the page's scripts as a separate tree; `stated` is the text stated in JSON-LD."""
    best, best_size = "", _LEAST
    budget = _SCRIPT_LIMIT
    for script in root.iter("script"):
        text = script.text or ""
        if len(text) < _LEAST or len(text) > budget or not _MARKUP_START.search(text):
            continue
        budget -= len(text)
        for fragment in _strings(text, _NESTING):
            paragraphs = len(_PARAGRAPH.findall(fragment))
            if paragraphs >= 2 and len(fragment) > best_size:
                best, best_size = fragment, len(fragment)
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
    """Return every string with markup from the JSON in `text`, unescaped."""
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
