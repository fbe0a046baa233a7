"""Menus, breadcrumbs, tag lists, buttons."""

from __future__ import annotations

from workers.cleaning.passage import Finding, Passage, Story
from workers.cleaning.phrases import phrases

_BOXES = frozenset(("nav", "header", "footer"))


def judge(passage: Passage, story: Story) -> Finding | None:
    """Recognise a short line in a box for navigation, a link of a word or two, or a word of the interface."""
    if len(passage.words) <= 4 and (phrase := phrases("navigation").whole(passage.folded)):
        return Finding("navigation", False, f"is “{phrase}”")
    if passage.prose:
        return None
    if box := next(iter(sorted(passage.near & _BOXES)), None):
        return Finding("navigation", False, f"stands in a {box}")
    if passage.linked > 0.8 and len(passage.words) < 4:
        return Finding("navigation", False, "a link of a word or two")
    if "chrome" in passage.near or ("meta" in passage.near and passage.linked > 0.5):
        return Finding("navigation", False, "in a box of the page's frame")
    return None
