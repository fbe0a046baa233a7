"""Which text trafilatura would take: the engine's own steps on a copy of the tree, without its fallbacks.

These are inner functions of trafilatura (pinned to one version): the direct path costs a third of `bare_extraction`
and takes nearly the same text. Where it finds next to nothing, the full engine with its fallbacks is asked.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from copy import deepcopy

import trafilatura
from lxml.etree import _Element
from trafilatura.htmlprocessing import convert_tags, tree_cleaning
from trafilatura.main_extractor import extract_content
from trafilatura.settings import Extractor
from trafilatura.xml import xmltotxt

logger = logging.getLogger(__name__)

#: Below this many characters, or this share of the page's running text, the direct path has missed the article.
_TOO_LITTLE = 400
_TOO_SMALL_SHARE = 0.12
#: Characters of running text, and text blocks, above which the full engine is not asked: its fallbacks take minutes.
_TOO_LARGE = 200_000
_TOO_MANY = 5_000


def verdict(root: _Element, running_text: int, blocks: int) -> str:
    """The text that trafilatura takes from the page, one block a line.

    `running_text` is the size of the page's running text in characters, `blocks` the number of its text blocks.
    """
    text = _or_nothing(_direct, root)
    found_it = len(text) >= _TOO_LITTLE and len(text) >= _TOO_SMALL_SHARE * running_text
    if found_it or running_text > _TOO_LARGE or blocks > _TOO_MANY:
        return text
    rescued = _or_nothing(_full, root)
    return rescued if len(rescued) > 2 * len(text) else text


def _direct(root: _Element) -> str:
    # the options carry state (potential tags), so every page gets its own
    options = Extractor(fast=True, comments=False)
    cleaned = convert_tags(tree_cleaning(deepcopy(root), options), options, None)
    taken, _ = extract_content(cleaned, options)
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
