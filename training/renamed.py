"""Renamed classes: pages as many sites build them today, with a bundler's invented class names and without ids."""

from __future__ import annotations

import hashlib

from lxml.html import HtmlElement

_DIGITS = str.maketrans("0123456789", "ghijkmnpqr")


def rename(tree: HtmlElement, salt: str) -> None:
    """Rename the classes of `tree` and remove all ids.

    A class gets the same word everywhere on the page, and other words on pages of another `salt`.
    """
    for element in tree.iter("*"):
        if names := element.get("class"):
            element.set("class", " ".join(_word(f"{salt} {name}") for name in names.split()))
        element.attrib.pop("id", None)


def _word(text: str) -> str:
    return "c" + hashlib.md5(text.encode()).hexdigest()[:6].translate(_DIGITS)
