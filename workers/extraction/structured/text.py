"""The text of an element as a reader sees it."""

from __future__ import annotations

from lxml import html

from schemas.text import one_line

#: Elements whose text no reader sees.
_UNSEEN = frozenset({"script", "style", "noscript", "template", "svg", "textarea", "select"})
#: Elements that do not part words.
_JOINING = frozenset(
    {"b", "i", "em", "strong", "a", "u", "s", "mark", "sup", "sub", "font", "abbr", "wbr", "q", "small"}
)


def visible_text(element: html.HtmlElement, limit: int = 100_000) -> str:
    """The text of `element` on one line, words apart where elements part them, without scripts and styles.

    Reading stops once `limit` characters are passed, so that what is longer can be told without reading it all.
    """
    parts: list[str] = []
    _gather(element, parts, limit, 0)
    return one_line("".join(parts))


def _gather(element: html.HtmlElement, parts: list[str], left: int, depth: int) -> int:
    """Appends to `parts`; the characters that may still be read."""
    if element.text:
        parts.append(element.text)
        left -= len(element.text)
    for child in element:
        if left < 0:
            break
        tag = child.tag
        if isinstance(tag, str) and tag not in _UNSEEN and depth < 60:
            apart = tag not in _JOINING
            if apart:
                _part(parts)
            left = _gather(child, parts, left, depth + 1)
            if apart:
                _part(parts)
        if child.tail:
            parts.append(child.tail)
            left -= len(child.tail)
    return left


def _part(parts: list[str]) -> None:
    """A space where a word would otherwise run into the next element's; scripts without spaces get none."""
    last = parts[-1][-1:] if parts else ""
    if last and not last.isspace() and ord(last) < 0x2E80:
        parts.append(" ")
