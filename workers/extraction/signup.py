"""Boxes in which a page asks for the reader's e-mail address: a field for it, and little text around it."""

from __future__ import annotations

import re

from lxml.etree import _Element

from workers.extraction.page import Page

#: Characters of text in such a box.
_MOST = 400
_NEVER = frozenset(("html", "body", "main", "article"))
_MAIL = re.compile(r"e-?mail", re.IGNORECASE)


def signup_boxes(page: Page) -> set[int]:
    """The numbers of the outermost boxes of this kind; none is around the headline."""
    if not page.boxes:
        return set()
    root = page.boxes[0].element.getroottree().getroot()
    fields = [field for field in root.iter("input") if _asks(field)]
    if not fields:
        return set()
    boxes = {box.element: box for box in page.boxes}
    found = set()
    for field in fields:
        outermost = None
        for box in filter(None, map(boxes.get, field.iterancestors())):
            if page.under[box.number].size > _MOST or box.tag in _NEVER or box.element.find(".//h1") is not None:
                break
            outermost = box.number
        if outermost is not None:
            found.add(outermost)
    return found


def _asks(field: _Element) -> bool:
    kind = (field.get("type") or "text").lower()
    return kind == "email" or (kind == "text" and any(_MAIL.search(field.get(name) or "") for name in ("name", "id")))
