"""Which text trafilatura would take: the engine's own steps on one copy of the tree, without its fallbacks.

These are inner functions and word lists of trafilatura (pinned to one version). Where it finds next to nothing, the
engine with its further attempts is asked.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import trafilatura
from lxml.etree import Element, XPath, _Element, strip_elements, strip_tags
from lxml.html import HtmlElement
from trafilatura.htmlprocessing import (
    _handle_forms,
    convert_tags,
    delete_by_link_density,
    link_density_test_tables,
    prune_html,
)
from trafilatura.main_extractor import extract_content, handle_textelem
from trafilatura.settings import MANUALLY_CLEANED, MANUALLY_STRIPPED, TAG_CATALOG, Extractor
from trafilatura.xml import delete_element, xmltotxt

from workers.extraction.body.trafilatura_frames import continued, frames, prune

logger = logging.getLogger(__name__)

#: Below this many characters, or this share of the page's running text, the direct path has missed the article.
_TOO_LITTLE = 400
_TOO_SMALL_SHARE = 0.12
#: With fewer characters than this trafilatura, too, leaves the frame and looks for paragraphs anywhere.
_NO_FRAME = 250
#: What the full engine finds is taken where it is more than this many times what was found without it.
_RESCUED = 2
#: Characters of running text, and text blocks, above which the full engine is not asked: its fallbacks take minutes.
_TOO_LARGE = 200_000
_TOO_MANY = 5_000

_CLEANED = tuple(tag for tag in MANUALLY_CLEANED if tag != "form")
_TAGS = frozenset((*TAG_CATALOG, "table", "td", "th", "tr"))
_IN_LINES = frozenset(("hi", "ref", "del", "code", "lb"))
_PARAGRAPHS = XPath("//p//text()", smart_strings=False)
_COUNT = XPath("count(.//*)")
#: Characters in the page's paragraphs under which bare boxes are read, too.
_FEW_PARAGRAPHS = 750


def verdict(root: _Element, running_text: int, blocks: int) -> str:
    """The text that trafilatura takes from the page, one block a line.

    `running_text` is the size of the page's running text in characters, `blocks` the number of its text blocks.
    """
    text = _or_nothing(_direct, root)
    framed = len(text) >= _NO_FRAME
    if not framed:
        text = _or_nothing(_wild, root)
    found_it = len(text) >= _TOO_LITTLE and len(text) >= _TOO_SMALL_SHARE * running_text
    found_all = framed and _RESCUED * len(text) >= running_text
    if found_it or found_all or running_text > _TOO_LARGE or blocks > _TOO_MANY:
        return text
    rescued = _or_nothing(_full, root)
    return rescued if len(rescued) > _RESCUED * len(text) else text


def _direct(root: _Element) -> str:
    # the options carry state (potential tags), so every page gets its own
    options = Extractor(fast=True, comments=False)
    copied = deepcopy(next(root.iterchildren("body"), root))  # no frame is in the head
    held = list(copied.iter())  # noqa: F841 - as in Document: no element is made twice
    dated = {box for moment in copied.iter("time") for box in moment.iterancestors()}  # the marks of times go
    tree = convert_tags(_cleaned(copied), options)
    body = Element("body")
    for frame in frames(tree):
        for part in (frame, *continued(frame, dated)):
            _thin_out(part)
            _read(part, body, options)
        if len(body) > 1:
            break
    strip_elements(body, "done")
    strip_tags(body, "div")
    text: str = xmltotxt(body, False)
    return text


def _cleaned(tree: HtmlElement) -> HtmlElement:
    """What `trafilatura.htmlprocessing.tree_cleaning` does, without a walk over the tree for every tag."""
    for element in tree.iter("figure", "table"):
        if element.find(".//table") is not None if element.tag == "figure" else element.get("role") == "presentation":
            element.tag = "div"
    strip_tags(tree, *MANUALLY_STRIPPED)
    strip_elements(tree, *_CLEANED, with_tail=False)
    _handle_forms(tree)
    prune_html(tree)
    return tree


def _thin_out(frame: _Element) -> None:
    """Take furniture, rows of links and the marks of links out of `frame`."""
    prune(frame)
    left = _size(frame)
    for _ in range(2):
        for tag in ("div", "list", "p"):
            delete_by_link_density(frame, tag, backtracking=tag == "div")
        before, left = left, _size(frame)
        if left == before:  # a second look would see the same
            break
    for table in [table for table in frame.iter("table") if link_density_test_tables(table)]:
        delete_element(table, keep_tail=False)
    strip_tags(frame, "span", "ref")


def _size(frame: _Element) -> int:
    """How many elements `frame` holds."""
    count: Any = _COUNT(frame)
    return int(count)


def _read(frame: _Element, body: _Element, options: Extractor) -> None:
    """Add the texts of `frame`, as trafilatura makes them paragraphs, to `body`; a heading or link at the end goes."""
    tags = set(_TAGS)
    paragraphs: Any = _PARAGRAPHS(frame)
    if sum(map(len, paragraphs)) < _FEW_PARAGRAPHS:
        tags.add("div")
    elements = list(frame.iterdescendants("*"))
    if {element.tag for element in elements} <= _IN_LINES:
        elements = [frame]
    for element in elements:
        taken = handle_textelem(element, tags, options)
        if taken is not None:
            body.append(taken)
            if taken is not element:
                element.tag = "done"
    while len(body) and body[-1].tag in ("head", "ref"):
        body.remove(body[-1])


def _wild(root: _Element) -> str:
    """trafilatura's own extractor, which looks for paragraphs anywhere where it finds no frame."""
    options = Extractor(fast=True, comments=False)
    taken, _ = extract_content(convert_tags(_cleaned(deepcopy(root)), options), options)
    text: str = xmltotxt(taken, False)
    return text


def _full(root: _Element) -> str:
    full = trafilatura.bare_extraction(root, include_comments=False)
    return (getattr(full, "text", None) or "") if full else ""


def _or_nothing(engine: Callable[[_Element], str], root: _Element) -> str:
    """What `engine` takes; nothing from markup that it stumbles over (element names that it cannot write, nesting)."""
    try:
        return engine(root)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        logger.info("trafilatura: %s: %s", type(error).__name__, error)
        return ""
