"""Boxes in which a page asks for the reader's e-mail address: an input field, and little text around."""

from __future__ import annotations

import re

from lxml.etree import _Element

from workers.extraction.reading.blocks import Box

#: The most characters of text in such a box.
_MOST = 400
_MAIL = re.compile(r"e-?mail", re.IGNORECASE)


def asks_for_address(box: Box, size: int) -> bool:
    """Return whether `box`, with text of `size`, asks for an address; never a box around the headline."""
    if size > _MOST:
        return False
    return any(map(_is_field, box.element.iter("input"))) and next(box.element.iter("h1"), None) is None


def _is_field(element: _Element) -> bool:
    kind = (element.get("type") or "text").lower()
    names = element.get("name"), element.get("id")
    return kind == "email" or (kind == "text" and any(name and _MAIL.search(name) for name in names))
