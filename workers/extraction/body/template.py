"""The template of a site: which of its boxes are furniture and which blocks are text, learned from its pages.

Pages of one site are made by one template, so what the full way found out about some tells about the next. A page is
read by the template only when everything on it that is not in known furniture is as it always was; in doubt the full
way is gone. Some pages go the full way all the same, and what they contradict is no longer relied on.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from lxml.etree import XPath, _Element

from workers.extraction.body.select_blocks import SAID_BEFORE, DecidedBlock, Selection, drop_repeats
from workers.extraction.reading.block_measures import Measured, MeasuredPage
from workers.extraction.reading.blocks import INLINE, SKIPPED, Box, segment
from workers.extraction.site_memory import Seen, SiteMemory

#: Pages of a site that must have been seen before its template is known, and pages on which a thing must have met the
#: same fate to be relied on.
_PAGES = 6
_SAME_FATE = 3
#: The full way errs at times, too: one page in this many may have shown another fate.
_ONE_IN = 12
#: A line of an article that stands on this many of a site's pages, and a short one on this share, is no part of any.
_STANDING_PAGES = 8
_STANDING_SHARE = 0.3
_SHORT = 60
#: Less text than this is too little to rely on (characters of Latin text).
_LITTLE = 1200
#: Blocks of these kinds have a place in the record though they are no part of the text.
_OF_THE_ARTICLE = ("standfirst", "credit", "byline")
#: What one page may note: a page is a small part of what is known of its site.
_MOST_NOTES = 256

BY_TEMPLATE = "as on the other pages of this site"
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
#: Whether an element holds a long text that is no link.
_TALKS: Any = XPath(
    "boolean(.//text()[string-length(.) > 100][string-length(normalize-space(.)) > 100]"
    "[not(parent::script or parent::style or ancestor::noscript or ancestor::a)])"
)
#: The borders of what counts as the same length (characters of Latin text) and the same share of links.
_LENGTHS = (40, 100)
_LINKED = (0.01, 0.3, 0.8)
#: How many elements with a class or id name an element: its own and that of one around it.
_NAMED = 2
_NUMBER = re.compile(r"\d+")
#: Classes that tell of the article (its section, its tags, its number) and not of the template, and elements that have
#: little else.
_OF_ONE_ARTICLE = re.compile("(?:category|tag|author|topic|section|post)-", re.IGNORECASE)
_WITHOUT_CLASSES = frozenset(("html", "body", "article", "main"))
#: Elements whose ids are the template's; those of headings and figures are made of headlines and numbers.
_WITH_IDS = frozenset(("div", "section", "nav", "aside", "header", "footer", "ul", "table", "form"))

#: The name of an element: its tag, classes and id, and those of the elements around it, up to the second that has any.
Name = tuple[str, ...]


def recall(root: _Element, site: SiteMemory) -> Selection | None:
    """The page's blocks outside of known furniture as the template of `site` judges them; None in doubt."""
    if site.pages < _PAGES:
        return None
    furniture = _furniture(root, site)
    if any(_TALKS(each) for each, name in furniture.items() if not _may_talk(name, site)):
        return None
    page = MeasuredPage(segment(root, without=furniture))
    fates = [
        _fate(measured, shape, site) for measured, shape in zip(page.blocks, _shapes(page, _names(page)), strict=True)
    ]
    kept = [index for index, fate in enumerate(fates) if fate]
    if not kept:
        return None
    decided = []
    for measured, fate in zip(page.blocks, fates, strict=True):
        if fate is None and (kept[0] < measured.block.index < kept[-1] or not _is_label(measured)):
            return None
        measured.coverage = float(fate or False)
        decided.append(DecidedBlock(measured, measured.coverage, fate or False, BY_TEMPLATE))
    drop_repeats(decided)
    if sum(one.measured.size for one in decided if one.kept) < _LITTLE:
        return None
    return Selection(page, decided)


def observe(selection: Selection, kept: Sequence[bool]) -> tuple[int, ...]:
    """What this page shows of its site's template; `kept` says which blocks were its article before the rules came."""
    page = selection.page
    names = _names(page)
    ours: set[int] = set()
    for one, was in zip(selection.decided, kept, strict=True):
        if was or one.kind in _OF_THE_ARTICLE:
            ours.update(box.number for box in one.block.boxes)
    holding = {names[number] for number in ours}
    notes = [Seen.HELD.note(*name) for name in holding]
    lines = []
    for one, was, shape in zip(selection.decided, kept, _shapes(page, names), strict=True):
        box = None if was else _topmost(one.block.boxes, names, holding)
        if box is not None:
            notes.append(Seen.EMPTY.note(*names[box.number]))
            if one.measured.running or one.measured.apart:
                notes.append(Seen.TALKS.note(*names[box.number]))
        elif was or one.reason != SAID_BEFORE:
            kind = Seen.KEPT_SHAPE if was else Seen.CUT_SHAPE
            notes += (kind.note(*shape), kind.note(*shape[:-1]))
            line = Seen.CUT_LINE if not was else Seen.KEPT_LINE if one.kept else Seen.RULED_LINE
            lines.append(line.note(_line(one.text)))
    return tuple(dict.fromkeys([*notes, *lines]))[:_MOST_NOTES]


def standing(selection: Selection, site: SiteMemory) -> set[int]:
    """The blocks that stand on many pages of the site."""
    if site.pages < _STANDING_PAGES:
        return set()
    return {
        one.block.index for one in selection.decided if one.block.tag not in _HEADINGS and _stands(one.measured, site)
    }


def _stands(measured: Measured, site: SiteMemory) -> bool:
    kept, cut, ruled = _seen_line(measured.block.text, site)
    count = kept + cut + ruled
    shared = measured.size > _SHORT or count >= _STANDING_SHARE * site.pages
    return (count >= _STANDING_PAGES and shared) or _is_ruled_out(kept, ruled)


def _seen_line(text: str, site: SiteMemory) -> tuple[int, int, int]:
    """On how many pages the line was kept, on how many left out, and on how many taken out by a rule alone."""
    line = _line(text)
    return site.count(Seen.KEPT_LINE, line), site.count(Seen.CUT_LINE, line), site.count(Seen.RULED_LINE, line)


def _is_ruled_out(kept: int, ruled: int) -> bool:
    """Whether a rule takes the line out wherever the model keeps it."""
    return ruled >= _SAME_FATE and kept * _ONE_IN <= ruled


def _fate(measured: Measured, shape: Name, site: SiteMemory) -> bool | None:
    """Whether such a block was always kept or always left out; None where it was now this, now that, or never there.

    A line that other pages show is no part of just this story, so its own fate counts and not that of its shape. (One
    page that shows it may be this one, seen before.) A line that a rule takes out waits for it here, whatever the model
    thought of it. A look that is new to a place shares the fate of all others there, but links among text have shown
    nothing.
    """
    kept, cut, ruled = _seen_line(measured.block.text, site)
    if _is_ruled_out(kept, ruled):
        return True
    if kept + cut + ruled > 1:
        return _always(kept + ruled, cut)
    kept, cut = _seen_shape(shape, site)
    if kept + cut >= _SAME_FATE:
        return _always(kept, cut)
    fate = _always(*_seen_shape(shape[:-1], site))
    return None if fate and measured.link_density > _LINKED[1] else fate


def _seen_shape(shape: Name, site: SiteMemory) -> tuple[int, int]:
    """On how many pages blocks of the shape were kept, and on how many left out."""
    return site.count(Seen.KEPT_SHAPE, *shape), site.count(Seen.CUT_SHAPE, *shape)


def _always(kept: int, cut: int) -> bool | None:
    if max(kept, cut) < _SAME_FATE or min(kept, cut) * _ONE_IN > max(kept, cut):
        return None
    return kept > cut


def _is_label(measured: Measured) -> bool:
    """Whether the block, which stands before or after the article, is a link or a few words: nothing of a story."""
    return measured.link_density > _LINKED[-1] or (measured.size <= _LENGTHS[0] and measured.block.tag != "p")


def _furniture(root: _Element, site: SiteMemory) -> dict[_Element, Name]:
    """The outermost boxes that as good as never held anything of an article, with their names."""
    out: dict[_Element, Name] = {}
    waiting: list[tuple[_Element, Name]] = [(root, _name_in(root, ()))]
    while waiting:
        element, name = waiting.pop()
        for child in element:
            tag = child.tag
            if not isinstance(tag, str) or tag in SKIPPED:
                continue
            own = _name_in(child, name)
            if tag not in INLINE and _always(site.count(Seen.HELD, *own), site.count(Seen.EMPTY, *own)) is False:
                out[child] = own
            elif len(child):
                waiting.append((child, own))
    return out


def _may_talk(name: Name, site: SiteMemory) -> bool:
    """Whether furniture of this name is known to hold running text, and never held anything of an article."""
    return site.count(Seen.TALKS, *name) > 0 and not site.count(Seen.HELD, *name)


def _topmost(boxes: Iterable[Box], names: Sequence[Name], holding: set[Name]) -> Box | None:
    """The outermost of `boxes` with a name that on this page is only that of boxes without anything of the article."""
    found = None
    for box in boxes:
        if box.tag not in INLINE and names[box.number] not in holding:
            found = box
    return found


def _names(page: MeasuredPage) -> list[Name]:
    """The names of the page's boxes."""
    return page.by_box(lambda box, above: _extended(box.tag, box.classes or "", box.id or "", above or ()))


def _shapes(page: MeasuredPage, names: Sequence[Name]) -> list[Name]:
    """What each block looks like: the name of its box, its length, how much of it is link, bold, italic, and whether
    it is the first or last of this name on the page."""
    own = [names[measured.block.box.number] for measured in page.blocks]
    last = {name: index for index, name in enumerate(own)}
    first = {name: len(own) - 1 - index for index, name in enumerate(reversed(own))}
    shapes = []
    for index, (measured, name) in enumerate(zip(page.blocks, own, strict=True)):
        block = measured.block
        length = len(block.text)
        looks = (
            index == first[name],
            index == last[name],
            bisect(_LENGTHS, measured.size),
            bisect(_LINKED, measured.link_density),
            block.bold > 0.9 * length,
            block.italic > 0.9 * length,
        )
        shapes.append((*name, str(looks)))
    return shapes


def _name_in(element: _Element, above: Name) -> Name:
    """The name of `element` where the element around it is called `above`."""
    return _extended(element.tag, element.get("class") or "", element.get("id") or "", above)


@lru_cache(16384)
def _extended(tag: str, classes: str, id_: str, above: Name) -> Name:
    own = tag
    if tag not in _WITHOUT_CLASSES:
        words = [f".{word}" for word in classes.split() if not _OF_ONE_ARTICLE.match(word)]
        if id_ and tag in _WITH_IDS and not _NUMBER.search(id_):
            words.append(f"#{id_}")
        own += _NUMBER.sub("0", "".join(words))
    name = [own]
    named = int(own != tag)
    for outer in above:
        if named >= _NAMED:
            break
        name.append(outer)
        named += "." in outer or "#" in outer
    return tuple(name)


def _line(text: str) -> str:
    return text.casefold()
