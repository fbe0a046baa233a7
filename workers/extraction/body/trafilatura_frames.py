"""Where trafilatura looks for the article, and which furniture is removed there: its XPaths' tests on names, cached.

trafilatura calls regular expressions through XPath, and XPath calls Python for every element: much of the time. The
same few names return on a page and a site, so each name is tested once. The words are trafilatura's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from functools import lru_cache

from lxml.etree import _Element
from lxml.html import HtmlElement

from workers.extraction.body import trafilatura_adapter as trafilatura

_FRAMES = ("article", "div", "main", "section")
_PARTS = ("div", "item", "list", "p", "section", "span")


def _any_of(*groups: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(word for group in groups for word in group))


_ARTICLE_ID = _any_of(trafilatura.ARTICLE_IDS)
_ARTICLE_CLASS = _any_of(trafilatura.ARTICLE_CLASSES)
_STORY_ID = _any_of(trafilatura.STORY_IDS)
_STORY_CLASS = _any_of(trafilatura.STORY_CLASSES, ("(?i:fulltext)",))
_MAIN_ID = _any_of(trafilatura.MAIN_IDS, ("[Cc]ontent-main", "[Mm]ain-[Cc]ontent"))
_MAIN_CLASS = _any_of(trafilatura.MAIN_CLASSES, ("[Mm]ain-[Cc]ontent", "[Pp]age-[Cc]ontent"))
_UNWANTED_ID = _any_of(trafilatura.UNWANTED_IDS)
_UNWANTED_CLASS = _any_of(trafilatura.UNWANTED_CLASSES)
_HIDDEN_ID = re.compile("hidden|reader-comments|akismet|^reply-")
_HIDDEN_CLASS = re.compile(
    "^hide-|comments-title|nocomments|-reply-|message|akismet|suggest-links|-hide-|hide-print| hidden| hide|noprint"
    "|notloaded"
)
_HIDDEN_STYLE = re.compile("hidden|display: ?none")
_CAPTION = re.compile("caption|[Tt]easer")


@lru_cache(maxsize=4096)
def _is_article(classes: str, id_: str) -> bool:
    return (
        classes in ("post", "entry")
        or id_ == "articleContent"
        or _ARTICLE_ID.search(id_) is not None
        or _ARTICLE_CLASS.search(classes) is not None
    )


@lru_cache(maxsize=4096)
def _is_story(classes: str, id_: str) -> bool:
    return (
        id_ in ("article", "story")
        or classes in ("postarea", "art-postcontent", "text", "cell", "story")
        or _STORY_ID.search(id_) is not None
        or _STORY_CLASS.search(classes) is not None
    )


@lru_cache(maxsize=4096)
def _is_content(classes: str, id_: str) -> bool:
    return "content" in (id_, classes) or bool(_MAIN_ID.search(id_) or _MAIN_CLASS.search(classes))


def _is_main(classes: str, id_: str) -> bool:
    return classes.startswith("main") or id_.startswith("main")


def frames(tree: HtmlElement) -> Iterator[HtmlElement]:
    """Yield the frames where the article may be, the likeliest first; the tree may be changed between two frames."""
    tests: tuple[Callable[[_Element], bool], ...] = (
        lambda e: e.get("itemprop") == "articleBody" or _is_article(e.get("class", ""), e.get("id", "")),
        lambda e: bool(e.tag == "article"),
        lambda e: e.get("role") == "article" or _is_story(e.get("class", ""), e.get("id", "")),
        lambda e: _is_content(e.get("class", ""), e.get("id", "")),
        lambda e: (
            e.tag == "main" or _is_main(e.get("class", ""), e.get("id", "")) or (e.get("role") or "").startswith("main")
        ),
    )
    for test in tests:
        frame = next(filter(test, tree.iterdescendants(_FRAMES)), None)
        if frame is not None:
            yield frame


def continuations(frame: HtmlElement, dated: Collection[_Element]) -> list[HtmlElement]:
    """Return the boxes after `frame` of the same kind and place: parts of a text, and trafilatura reads the first part.

    Same kind: tag and class names. Same place: inside the same box, or inside boxes of the same kind beside. A box with
    an h1, a box marked as an article, and a box in `dated` (the boxes around a time) are entries of their own, not
    parts of a text.
    """
    around = frame.getparent()
    if frame.tag == "article" or not frame.get("class") or around is None:
        return []
    beyond = around.getparent()
    boxes = [around]
    if beyond is not None and around.get("class"):
        boxes += [box for box in around.itersiblings(around.tag) if box.get("class") == around.get("class")]
    parts = [*frame.itersiblings(frame.tag), *(child for box in boxes[1:] for child in box.iterchildren(frame.tag))]
    return [
        part
        for part in parts
        if part.get("class") == frame.get("class")
        and part not in dated
        and next(part.iter("h1", "article"), None) is None
    ]


@lru_cache(maxsize=8192)
def _is_hidden(classes: str | None, id_: str | None, style: str | None) -> bool:
    return bool(
        (id_ and _HIDDEN_ID.search(id_))
        or (classes and _HIDDEN_CLASS.search(classes))
        or (style and _HIDDEN_STYLE.search(style))
    )


@lru_cache(maxsize=8192)
def _is_furniture(classes: str | None, id_: str | None) -> bool:
    return bool((id_ and _UNWANTED_ID.search(id_)) or (classes and _UNWANTED_CLASS.search(classes)))


@lru_cache(maxsize=8192)
def _is_caption(classes: str, id_: str) -> bool:
    return bool(_CAPTION.search(classes) or _CAPTION.search(id_))


def _is_unwanted(element: _Element) -> bool:
    names = element.get("class"), element.get("id")
    if _is_hidden(*names, element.get("style")) or element.get("aria-hidden") == "true":
        return True
    return element.tag in _PARTS and (_is_furniture(*names) or "nav" in (element.get("role") or "").lower())


def prune(frame: HtmlElement) -> None:
    """Remove furniture from `frame` unless that is nearly everything; captions and teasers are removed in any case."""
    inside: set[_Element] = set()
    outermost = []
    for element in frame.iterdescendants("*"):
        if element.getparent() in inside:
            inside.add(element)
        elif _is_unwanted(element):
            inside.add(element)
            outermost.append(element)
    size = len(frame.text_content())
    if size - sum(len(element.text_content()) for element in outermost) > size / 7:
        for element in outermost:
            trafilatura.delete_element(element)
    for element in list(frame.iterdescendants(_PARTS)):
        if _is_caption(element.get("class", ""), element.get("id", "")):
            trafilatura.delete_element(element)
