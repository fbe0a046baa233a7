"""The text that trafilatura takes: the engine's own steps on a single copy of the tree, without the fallbacks.

The steps are inner functions and word lists of trafilatura (trafilatura_adapter). Where they find next to nothing, the
full engine is run with its further attempts.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import trafilatura
from lxml.etree import Element, XPath, _Element, strip_elements, strip_tags
from lxml.html import HtmlElement

from workers.extraction.body.trafilatura_adapter import (
    MANUALLY_CLEANED,
    MANUALLY_STRIPPED,
    TAG_CATALOG,
    Extractor,
    convert_tags,
    delete_by_link_density,
    delete_element,
    extract_content,
    handle_forms,
    handle_textelem,
    link_density_test_tables,
    prune_html,
    xmltotxt,
)
from workers.extraction.body.trafilatura_frames import continuations, frames, prune

logger = logging.getLogger(__name__)

#: Below this many characters, or this share of the page's running text, the direct path has missed the article.
_TOO_LITTLE = 400
_TOO_SMALL_SHARE = 0.12
#: With fewer characters than this, trafilatura also leaves the frame and looks for paragraphs anywhere.
_NO_FRAME = 250
#: The full engine's text is taken when more than this many times as long as the text found without.
_RESCUED = 2
#: Characters of running text, and text blocks, above which the full engine is not run: the fallbacks take minutes.
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
    """Return the text that trafilatura takes from the page, a line for each block.

    `running_text` is the size of the page's running text in characters, `blocks` the number of its text blocks.
    """
    text = _text_of(_from_frames, root)
    framed = len(text) >= _NO_FRAME
    if not framed:
        text = _text_of(_from_anywhere, root)
    found_article = len(text) >= _TOO_LITTLE and len(text) >= _TOO_SMALL_SHARE * running_text
    found_all = framed and _RESCUED * len(text) >= running_text
    if found_article or found_all or running_text > _TOO_LARGE or blocks > _TOO_MANY:
        return text
    rescued = _text_of(_from_full_engine, root)
    return rescued if len(rescued) > _RESCUED * len(text) else text


def _from_frames(root: _Element) -> str:
    # the options carry state (potential tags), so every page gets new options
    options = Extractor(fast=True, comments=False)
    copied = deepcopy(next(root.iterchildren("body"), root))  # no frame is in the head
    held = list(copied.iter())  # noqa: F841 - as in Document: no element is made twice
    dated = {box for moment in copied.iter("time") for box in moment.iterancestors()}  # cleaning removes the times
    tree = convert_tags(_cleaned(copied), options)
    body = Element("body")
    for frame in frames(tree):
        for part in (frame, *continuations(frame, dated)):
            _thin_out(part)
            _read(part, body, options)
        if len(body) > 1:
            break
    strip_elements(body, "done")
    strip_tags(body, "div")
    text: str = xmltotxt(body, False)
    return text


def _cleaned(tree: HtmlElement) -> HtmlElement:
    """Do as `trafilatura.htmlprocessing.tree_cleaning` does, without a walk over the tree for every tag."""
    for element in tree.iter("figure", "table"):
        if element.find(".//table") is not None if element.tag == "figure" else element.get("role") == "presentation":
            element.tag = "div"
    strip_tags(tree, *MANUALLY_STRIPPED)
    strip_elements(tree, *_CLEANED, with_tail=False)
    handle_forms(tree)
    prune_html(tree)
    return tree


def _thin_out(frame: _Element) -> None:
    """Remove furniture, rows of links and the marks of links from `frame`."""
    prune(frame)
    left = _size(frame)
    for _ in range(2):
        for tag in ("div", "list", "p"):
            delete_by_link_density(frame, tag, backtracking=tag == "div")
        previous, left = left, _size(frame)
        if left == previous:  # a second pass would change nothing
            break
    for table in [table for table in frame.iter("table") if link_density_test_tables(table)]:
        delete_element(table, keep_tail=False)
    strip_tags(frame, "span", "ref")


def _size(frame: _Element) -> int:
    """Return the number of elements in `frame`."""
    count: Any = _COUNT(frame)
    return int(count)


def _read(frame: _Element, body: _Element, options: Extractor) -> None:
    """Add the texts of `frame`, as trafilatura makes them paragraphs, to `body`.

    A heading or link at the end is removed.
    """
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


def _from_anywhere(root: _Element) -> str:
    """Return the text of trafilatura's own extractor, which without a frame looks for paragraphs anywhere."""
    options = Extractor(fast=True, comments=False)
    taken, _ = extract_content(convert_tags(_cleaned(deepcopy(root)), options), options)
    text: str = xmltotxt(taken, False)
    return text


def _from_full_engine(root: _Element) -> str:
    full = trafilatura.bare_extraction(root, include_comments=False)
    return (getattr(full, "text", None) or "") if full else ""


def _text_of(engine: Callable[[_Element], str], root: _Element) -> str:
    """Return the text that `engine` takes, or an empty text when the markup makes the engine fail.

    Known causes are nesting, and element names unfit for writing.
    """
    try:
        return engine(root)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        logger.info("trafilatura fails on the page's markup and takes no text: %s: %s", type(error).__name__, error)
        return ""
