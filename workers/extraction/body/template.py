"""The template of a site: which boxes are furniture and which blocks are text, learned from the site's pages.

Pages of a site are made by the same template, so decisions on some pages hold for the next. A page is read by the
template only when everything outside of known furniture looks as always; when any check fails, the page is read the
full way. Some pages are read the full way in any case, and a contradicted decision is no longer relied on.
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
from workers.extraction.site_memory import Note, SiteMemory

#: Pages of a site that must be known before the template is, and pages on which a thing must have met the same fate to
#: be relied on.
_PAGES = 6
_SAME_FATE = 3
#: The full way errs at times, too: a page in this many may have shown another fate.
_ONE_IN = 12
#: A line on this many of a site's pages is no part of any article; a short line must also stand on this share.
_STANDING_PAGES = 8
_STANDING_SHARE = 0.3
_SHORT = 60
#: Text below this size is too little to rely on (characters of Latin text).
_LITTLE = 1200
#: Blocks of these kinds have a place in the record without being part of the text.
_OF_THE_ARTICLE = ("standfirst", "credit", "byline")
#: The most notes of a page: a page is a small part of the site's memory.
_MOST_NOTES = 256

BY_TEMPLATE = "as on the other pages of this site"
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
#: Tests whether an element holds a long text outside of links.
_TALKS: Any = XPath(
    "boolean(.//text()[string-length(.) > 100][string-length(normalize-space(.)) > 100]"
    "[not(parent::script or parent::style or ancestor::noscript or ancestor::a)])"
)
#: The borders between lengths (characters of Latin text) and between shares of links, for shapes.
_LENGTHS = (40, 100)
_LINKED = (0.01, 0.3, 0.8)
#: The number of elements with class or id in a name: the element and the next around.
_NAMED = 2
_NUMBER = re.compile(r"\d+")
#: Classes about the article (section, tags, number), not about the template, and elements with few other classes.
_OF_ONE_ARTICLE = re.compile("(?:category|tag|author|topic|section|post)-", re.IGNORECASE)
_WITHOUT_CLASSES = frozenset(("html", "body", "article", "main"))
#: Elements with ids from the template; ids of headings and figures are made of headlines and numbers.
_WITH_IDS = frozenset(("div", "section", "nav", "aside", "header", "footer", "ul", "table", "form"))

#: The name of an element: tag, classes and id, and those of the elements around, up to the second with any.
Name = tuple[str, ...]


def select_by_template(root: _Element, site: SiteMemory) -> Selection | None:
    """Return the page's blocks outside of known furniture, decided by the template of `site`.

    Return None when any check fails.
    """
    if site.pages < _PAGES:
        return None
    furniture = _furniture(root, site)
    if any(_TALKS(element) for element, name in furniture.items() if not _may_talk(name, site)):
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
    if sum(decision.measured.size for decision in decided if decision.kept) < _LITTLE:
        return None
    return Selection(page, decided)


def note_template(selection: Selection, kept_by_model: Sequence[bool]) -> tuple[int, ...]:
    """Return the page's notes on the template of the site.

    `kept_by_model` tells for each block whether the block was part of the article before the rules were applied.
    """
    page = selection.page
    names = _names(page)
    ours: set[int] = set()
    for decision, was_kept in zip(selection.decided, kept_by_model, strict=True):
        if was_kept or decision.kind in _OF_THE_ARTICLE:
            ours.update(box.number for box in decision.block.boxes)
    holding = {names[number] for number in ours}
    notes = [Note.HELD.note(*name) for name in holding]
    lines = []
    for decision, was_kept, shape in zip(selection.decided, kept_by_model, _shapes(page, names), strict=True):
        box = None if was_kept else _topmost(decision.block.boxes, names, holding)
        if box is not None:
            notes.append(Note.EMPTY.note(*names[box.number]))
            if decision.measured.running or decision.measured.foreign:
                notes.append(Note.TALKS.note(*names[box.number]))
        elif was_kept or decision.reason != SAID_BEFORE:
            kind = Note.KEPT_SHAPE if was_kept else Note.CUT_SHAPE
            notes += (kind.note(*shape), kind.note(*shape[:-1]))
            line = Note.CUT_LINE if not was_kept else Note.KEPT_LINE if decision.kept else Note.RULED_LINE
            lines.append(line.note(_line(decision.text)))
    return tuple(dict.fromkeys([*notes, *lines]))[:_MOST_NOTES]


def standing_blocks(selection: Selection, site: SiteMemory) -> set[int]:
    """Return the indexes of the blocks that stand on many pages of the site."""
    if site.pages < _STANDING_PAGES:
        return set()
    return {
        decision.block.index
        for decision in selection.decided
        if decision.block.tag not in _HEADINGS and _stands(decision.measured, site)
    }


def _stands(measured: Measured, site: SiteMemory) -> bool:
    kept, cut, ruled = _line_counts(measured.block.text, site)
    count = kept + cut + ruled
    shared = measured.size > _SHORT or count >= _STANDING_SHARE * site.pages
    return (count >= _STANDING_PAGES and shared) or _is_ruled_out(kept, ruled)


def _line_counts(text: str, site: SiteMemory) -> tuple[int, int, int]:
    """Return the numbers of pages that kept the line, left the line out, and took the line out by a rule alone."""
    line = _line(text)
    return site.count(Note.KEPT_LINE, line), site.count(Note.CUT_LINE, line), site.count(Note.RULED_LINE, line)


def _is_ruled_out(kept: int, ruled: int) -> bool:
    """Return whether a rule takes the line out wherever the model keeps the line."""
    return ruled >= _SAME_FATE and kept * _ONE_IN <= ruled


def _fate(measured: Measured, shape: Name, site: SiteMemory) -> bool | None:
    """Return whether such a block is always kept (True), always left out (False), or undecided (None).

    1. A rule takes the line out wherever the model keeps the line: True, so the line waits here for the rule.
    2. The line stands on other pages, that is on two or more, for the memory may hold this page: the clear fate of the
       line, not of the shape, for the line is no part of just this story.
    3. The shape stands on enough pages: the clear fate of the shape.
    4. The look is new to this place: the clear fate of all looks there. Links among text stay undecided, for they have
       shown nothing.
    """
    kept, cut, ruled = _line_counts(measured.block.text, site)
    if _is_ruled_out(kept, ruled):
        return True
    if kept + cut + ruled > 1:
        return _clear_fate(kept + ruled, cut)
    kept, cut = _shape_counts(shape, site)
    if kept + cut >= _SAME_FATE:
        return _clear_fate(kept, cut)
    fate = _clear_fate(*_shape_counts(shape[:-1], site))
    return None if fate and measured.link_density > _LINKED[1] else fate


def _shape_counts(shape: Name, site: SiteMemory) -> tuple[int, int]:
    """Return the number of pages with the shape among the kept blocks, and with the shape left out."""
    return site.count(Note.KEPT_SHAPE, *shape), site.count(Note.CUT_SHAPE, *shape)


def _clear_fate(kept: int, cut: int) -> bool | None:
    """Return True if as good as always kept, False if as good as always left out, and None otherwise."""
    if max(kept, cut) < _SAME_FATE or min(kept, cut) * _ONE_IN > max(kept, cut):
        return None
    return kept > cut


def _is_label(measured: Measured) -> bool:
    """Return whether the block, before or after the article, is a link or a few words: nothing of a story."""
    return measured.link_density > _LINKED[-1] or (measured.size <= _LENGTHS[0] and measured.block.tag != "p")


def _furniture(root: _Element, site: SiteMemory) -> dict[_Element, Name]:
    """Return the outermost boxes that as good as never held anything of an article, with their names."""
    out: dict[_Element, Name] = {}
    waiting: list[tuple[_Element, Name]] = [(root, _name_in(root, ()))]
    while waiting:
        element, name = waiting.pop()
        for child in element:
            tag = child.tag
            if not isinstance(tag, str) or tag in SKIPPED:
                continue
            own = _name_in(child, name)
            if tag not in INLINE and _clear_fate(site.count(Note.HELD, *own), site.count(Note.EMPTY, *own)) is False:
                out[child] = own
            elif len(child):
                waiting.append((child, own))
    return out


def _may_talk(name: Name, site: SiteMemory) -> bool:
    """Return whether furniture of this name is known for running text, and never held anything of an article."""
    return site.count(Note.TALKS, *name) > 0 and not site.count(Note.HELD, *name)


def _topmost(boxes: Iterable[Box], names: Sequence[Name], holding: set[Name]) -> Box | None:
    """Return the outermost of `boxes` with a name not in `holding`, the names of boxes around the article."""
    topmost = None
    for box in boxes:
        if box.tag not in INLINE and names[box.number] not in holding:
            topmost = box
    return topmost


def _names(page: MeasuredPage) -> list[Name]:
    """Return the names of the page's boxes."""
    return page.by_box(lambda box, above: _extended(box.tag, box.classes or "", box.id or "", above or ()))


def _shapes(page: MeasuredPage, names: Sequence[Name]) -> list[Name]:
    """Return the shape of each block: name of the box, and looks.

    Looks are length, share of links, bold, italic, and whether the block is the first or last of this name on the page.
    """
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
    """Return the name of `element`, where `above` is the name of the element around."""
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
