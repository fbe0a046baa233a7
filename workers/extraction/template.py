"""The template of a site: where its articles stand and which blocks in there are text, learned from its pages.

Pages of one site are made by one template, so what the full way found out about some tells about the next. A page is
read by the template only when everything in the article's box is as it always was; in doubt the full way is gone.
Some pages go the full way all the same, and what they contradict is no longer relied on.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from lxml.etree import XPath, _Element

from workers.extraction.blocks import INLINE, Box, segment
from workers.extraction.choose import SAID_BEFORE, Choice, Judged, drop_repeats
from workers.extraction.page import Measured, Page
from workers.extraction.site import Seen, Site

#: On how many pages a box must have held the article, and a shape or line must have met the same fate, to be relied on.
_BOX_PAGES = 6
_SAME_FATE = 3
#: A line of an article that stands on this many of a site's pages, and a short one on this share, is no part of any.
_STANDING_PAGES = 8
_STANDING_SHARE = 0.3
_SHORT = 60
#: Less text than this is too little to rely on (characters of Latin text).
_LITTLE = 1200
#: Blocks of these kinds belong to the article's box though they are no part of its text.
_OF_THE_ARTICLE = ("standfirst", "credit", "byline")
#: What one page may note: a page is a small part of what is known of its site.
_MOST_NOTES = 256

BY_TEMPLATE = "as on the other pages of this site"
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
#: Elements that give their kind to all blocks in them: a box inside of one is not read alone.
_GIVES_KIND = frozenset(("li", "dd", "dt", "blockquote", *_HEADINGS))
#: The page's long pieces of text, which are its article more than anything else.
_LONG_TEXTS: Any = XPath(
    "//body//text()[string-length(.) > 70][not(parent::script or parent::style or parent::noscript)]/.."
)
#: The borders of what counts as the same length (characters of Latin text) and the same share of links.
_LENGTHS = (40, 100)
_LINKED = (0.01, 0.3, 0.8)
_NUMBER = re.compile(r"\d+")
#: Classes that tell of the article (its section, its tags, its number) and not of the template, and elements that have
#: little else.
_OF_ONE_ARTICLE = re.compile("(?:category|tag|author|topic|section|post)-", re.IGNORECASE)
_WITHOUT_CLASSES = frozenset(("html", "body", "article", "main"))


class _Texts:
    """Where the page's long texts stand: an element with several of them counts once."""

    def __init__(self, root: _Element) -> None:
        self._parents: list[_Element] = _LONG_TEXTS(root)
        holding: Counter[_Element] = Counter()
        for parent in self._parents:
            holding.update((parent, *parent.iterancestors()))
        half = len(self._parents) / 2
        #: The elements that hold most of them, lowest first: each is inside of the next.
        self.boxes = sorted((each for each, n in holding.items() if n > half), key=_depth, reverse=True)

    def outside(self, box: _Element) -> set[str]:
        """The names of their places that are not in `box`."""
        return {_name(each) for each in self._parents if each is not box and box not in each.iterancestors()}


def recall(root: _Element, site: Site) -> Choice | None:
    """The blocks of the article's box as the template of `site` judges them; None in doubt."""
    if site.pages < _BOX_PAGES:
        return None
    texts = _Texts(root)
    box = next((each for each in texts.boxes if _holds(_name(each), site)), None)
    if box is None or box.tag in INLINE or any(each.tag in _GIVES_KIND for each in (box, *box.iterancestors())):
        return None
    if any(site.count(Seen.OUTSIDE, place) < _SAME_FATE for place in texts.outside(box)):
        return None
    page = Page(segment(box))
    shapes = _shapes(page, box)
    judged = []
    for measured, shape in zip(page.blocks, shapes, strict=True):
        keep = _fate(measured.block.text, shape, site)
        if keep is None:
            return None
        measured.coverage = float(keep)
        judged.append(Judged(measured, float(keep), keep, BY_TEMPLATE))
    drop_repeats(judged)
    if sum(one.measured.size for one in judged if one.kept) < _LITTLE:
        return None
    return Choice(page, judged)


def observe(choice: Choice, kept: Sequence[bool], root: _Element) -> tuple[int, ...]:
    """What this page shows of its site's template; `kept` says which blocks were its article before the rules came."""
    fates = list(zip(choice.judged, kept, strict=True))
    box = _common([one.block.box for one, was in fates if was or one.kind in _OF_THE_ARTICLE])
    if box is None:
        return ()
    around = (box.element, *box.element.iterancestors())
    texts = _Texts(root)
    notes = [Seen.HELD.note(_name(each)) for each in around]
    notes += [Seen.MISSED.note(_name(each)) for each in texts.boxes if each not in around]
    notes += [Seen.OUTSIDE.note(place) for place in texts.outside(box.element)]
    shapes = _shapes(choice.page, root)
    told = [
        (one, was, shape) for (one, was), shape in zip(fates, shapes, strict=True) if was or one.reason != SAID_BEFORE
    ]
    notes += [(Seen.KEPT_SHAPE if was else Seen.CUT_SHAPE).note(shape) for _, was, shape in told]
    notes += [
        (Seen.KEPT_LINE if was else Seen.CUT_LINE).note(_line(one.text))
        for one, was, _ in told
        if box in one.block.boxes
    ]
    return tuple(dict.fromkeys(notes))[:_MOST_NOTES]


def standing(choice: Choice, site: Site) -> set[int]:
    """The blocks that stand on many pages of the site."""
    if site.pages < _STANDING_PAGES:
        return set()
    return {one.block.index for one in choice.judged if one.block.tag not in _HEADINGS and _stands(one.measured, site)}


def _stands(measured: Measured, site: Site) -> bool:
    count = sum(_seen_line(measured.block.text, site))
    return count >= _STANDING_PAGES and (measured.size > _SHORT or count >= _STANDING_SHARE * site.pages)


def _seen_line(text: str, site: Site) -> tuple[int, int]:
    """On how many pages the line was kept, and on how many left out."""
    line = _line(text)
    return site.count(Seen.KEPT_LINE, line), site.count(Seen.CUT_LINE, line)


def _fate(text: str, shape: str, site: Site) -> bool | None:
    """Whether such a block was always kept or always left out; None where it was now this, now that, or never there.

    A line that other pages show is no part of just this story, so its own fate counts and not that of its shape. (One
    page that shows it may be this one, seen before.)
    """
    seen = _seen_line(text, site)
    if sum(seen) > 1:
        return _always(*seen)
    return _always(site.count(Seen.KEPT_SHAPE, shape), site.count(Seen.CUT_SHAPE, shape))


def _always(kept: int, cut: int) -> bool | None:
    if max(kept, cut) < _SAME_FATE or (kept and cut):
        return None
    return kept > cut


def _holds(name: str, site: Site) -> bool:
    """Whether the box held every article of the site that had it."""
    return site.count(Seen.HELD, name) >= _BOX_PAGES and not site.count(Seen.MISSED, name)


def _depth(element: _Element) -> int:
    return sum(1 for _ in element.iterancestors())


def _common(boxes: Sequence[Box]) -> Box | None:
    """The lowest box that holds all `boxes`, or is one of them."""
    lowest: Box | None = None
    for box in boxes:
        lowest = _lowest(box, lowest) if lowest else box
        if lowest is None:
            return None
    return lowest


def _lowest(one: Box | None, other: Box | None) -> Box | None:
    while one is not other and one is not None and other is not None:
        if one.depth >= other.depth:
            one = one.above
        else:
            other = other.above
    return one if one is other else None


def _name(element: _Element) -> str:
    """The element by tags, classes and ids from the root down."""
    return "".join(map(_stem, (*reversed(list(element.iterancestors())), element)))


def _shapes(page: Page, root: _Element) -> list[str]:
    """What each block looks like: its way down from the root, how long it is, how much of it is link, bold, italic.

    `root` is the page's outermost box.
    """
    top = _name(root)
    names = page.by_box(lambda box, above: top if above is None else above + _stem(box.element))
    shapes = []
    for measured in page.blocks:
        block = measured.block
        length = len(block.text)
        looks = (
            bisect(_LENGTHS, measured.size),
            bisect(_LINKED, measured.link_density),
            block.bold > 0.9 * length,
            block.italic > 0.9 * length,
        )
        shapes.append(f"{names[block.box.number]} {looks}")
    return shapes


def _stem(element: _Element) -> str:
    tag = element.tag
    if tag in _WITHOUT_CLASSES:
        return f"/{tag}"
    return _named(tag, element.get("class") or "", element.get("id") or "")


@lru_cache(4096)
def _named(tag: str, classes: str, id_: str) -> str:
    words = [word for word in classes.split() if not _OF_ONE_ARTICLE.match(word)]
    return _NUMBER.sub("#", f"/{tag}.{'.'.join(words)}#{id_}")


def _line(text: str) -> str:
    return text.casefold()
