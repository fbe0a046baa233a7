"""Sites made of saved pages: the frame of one page of the corpus, again and again with other stories in it.

The frame stays a real one with all its furniture. Those of its texts that are the article are replaced one by one, by
pieces of about the same length from other articles; the texts of links change as well, and each page lacks some boxes
and paragraphs.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Sequence
from dataclasses import dataclass

from lxml import html

from newsline.extract.manifest import page_from_bytes
from schemas.page import Page
from workers.extraction.extract import extract

#: Texts shorter than this are not replaced (characters): they hold signs and single words.
_SHORT = 16
#: A story has at least this many paragraphs.
_PARAGRAPHS = 5
#: The share of boxes outside the article, and of paragraphs in it, that one page lacks.
_LACKS_BOX, _LACKS_PARAGRAPH = 0.05, 0.15
_LEFT_OUT = frozenset(("div", "section", "aside", "ul", "li", "figure", "p", "nav"))


@dataclass(frozen=True)
class Frame:
    """A page whose story can be replaced: `tree` and the numbers of its elements that hold the article."""

    url: str
    tree: html.HtmlElement
    ours: frozenset[int]
    headline: str

    def page(self, number: int, pieces: Sequence[str]) -> tuple[Page, str]:
        """The page `number` of the site, told with `pieces` of text, and its story."""
        dice = random.Random(f"{self.url} {number}")
        tree = copy.deepcopy(self.tree)
        elements = list(tree.iter("*"))
        ours = [each for at, each in enumerate(elements) if at in self.ours]
        held = {each for one in ours for each in (one, *one.iterancestors())}
        inside = {each for one in ours for each in one.iter("*")}
        told = {}
        for each in ours:
            _tell(each, pieces, dice)
            told[each] = each.text_content()
        for each in elements:
            if each.tag == "a" and each not in inside and each.text and len(each.text) > _SHORT:
                each.text = dice.choice(pieces)[: len(each.text)]
            lacks = _LACKS_PARAGRAPH if each in told else 0 if each in held or each in inside else _LACKS_BOX
            if each.tag in _LEFT_OUT and dice.random() < lacks and each.getparent() is not None:
                each.drop_tree()
                told.pop(each, None)
        headline = f"{dice.choice(pieces)[:60].rsplit(' ', 1)[0]} {number}"
        markup = html.tostring(tree, encoding="unicode").replace(self.headline, headline)
        page = page_from_bytes(f"<!DOCTYPE html>{markup}".encode(), f"{self.url.rstrip('/')}-{number}")
        return page, "\n\n".join(told.values())


def frame(page: Page) -> Frame | None:
    """The frame of `page`; None where it has no story that can be replaced."""
    draft = extract(page, fetched=False)
    title = draft.metadata.title
    kept = {one.block.element for one in draft.body.decided if one.kept and one.block.element.tag != "body"}
    if not title or draft.body.page_class != "article" or "embedded" in draft.body.flags or len(kept) < _PARAGRAPHS:
        return None
    tree = next(iter(kept)).getroottree().getroot()
    ours = frozenset(at for at, each in enumerate(tree.iter("*")) if each in kept)
    return Frame(page.url, tree, ours, title.value)


def _tell(element: html.HtmlElement, pieces: Sequence[str], dice: random.Random) -> None:
    """Replace the texts in `element`."""
    for each in element.iter("*"):
        if each.text and len(each.text) >= _SHORT:
            each.text = _of_length(len(each.text), pieces, dice)
        if each is not element and each.tail and len(each.tail) >= _SHORT:
            each.tail = _of_length(len(each.tail), pieces, dice)


def _of_length(length: int, pieces: Sequence[str], dice: random.Random) -> str:
    """Sentences of about `length` characters."""
    text = dice.choice(pieces)
    while len(text) < length:
        text += " " + dice.choice(pieces)
    cut = text[:length].rpartition(". ")[0] or text[:length].rpartition(" ")[0]
    return f"{cut}."
