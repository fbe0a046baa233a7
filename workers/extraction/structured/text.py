"""The visible text of an element."""

from __future__ import annotations

from lxml import html

from schemas.text import one_line

#: Elements with text that no reader sees.
_UNSEEN = frozenset({"script", "style", "noscript", "template", "svg", "textarea", "select"})
#: Elements that do not part words.
_JOINING = frozenset(
    {"b", "i", "em", "strong", "a", "u", "s", "mark", "sup", "sub", "font", "abbr", "wbr", "q", "small"}
)


def visible_text(element: html.HtmlElement, limit: int = 100_000) -> str:
    """Return the text of `element` on a single line, without scripts and styles.

    Words are apart where elements part them. Reading stops once `limit` characters are passed, so a longer text is
    recognised without being read whole.
    """
    parts: list[str] = []
    _gather(element, parts, limit, 0)
    return one_line("".join(parts))


def _gather(element: html.HtmlElement, parts: list[str], left: int, depth: int) -> int:
    """Append the texts of `element` to `parts`; return the number of characters still to be read."""
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
                _add_space(parts)
            left = _gather(child, parts, left, depth + 1)
            if apart:
                _add_space(parts)
        if child.tail:
            parts.append(child.tail)
            left -= len(child.tail)
    return left


def _add_space(parts: list[str]) -> None:
    """Add a space where two elements' words would join; scripts without spaces get none."""
    last = parts[-1][-1:] if parts else ""
    if last and not last.isspace() and ord(last) < 0x2E80:
        parts.append(" ")
