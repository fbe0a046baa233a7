"""A page decoded and parsed once: every step of the extraction reads the document, and none changes the document."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml import etree, html
from lxml.etree import _Element

from schemas.encoding.decode import decode
from schemas.page import Hints, Page
from schemas.text import one_line
from workers.extraction.structured import Structured, read_structured

#: Characters that XML text cannot hold (XML 1.0, 2.2) and decoding leaves, and references to them: lxml reads them, but
#: trafilatura, working on the tree, then fails to write them.
_NO_CHARACTERS = ("\x0c", "\ufffe", "\uffff")
_NO_XML_REFERENCE = re.compile(
    rb"&#(?:0*(?:[0-8]|1[124-9]|2[0-9]|3[01]|6553[45])(?![0-9])"
    rb"|[xX]0*(?:[0-8bBcCeEfF]|1[0-9a-fA-F]|[fF]{3}[eEfF])(?![0-9a-fA-F]));?"
)
#: A single class for all elements: lxml.html's own lookup asks Python for each element, which costs more than the
#: parsing.
_ONE_CLASS = etree.ElementDefaultClassLookup(element=html.HtmlElement, comment=html.HtmlComment)

#: The depth to which nested elements are kept; elements below become text. Browsers stop at 512, libxml2 by default at
#: 256; recursive walks down a tree end at about 400.
_DEEPEST = 256
_TOO_DEEP = etree.XPath("/*" * _DEEPEST + "[*]")


class EmptyPageError(ValueError):
    """The page holds no element at all."""


@dataclass(frozen=True)
class Document:
    """A parsed page. `tree` is shared and must not be changed: a step that cuts elements works on a copy.

    `elements` holds the tree's elements for as long as the document is read: whenever lxml meets an element without a
    Python object, lxml makes an object, which is half the cost of a walk over the tree.

    `url` is the address of the page, or None for a page from a file of unknown origin.
    """

    tree: html.HtmlElement
    url: str | None
    headers: dict[str, str]
    hints: Hints
    size: int
    elements: list[_Element] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Hold the elements of the tree."""
        object.__setattr__(self, "elements", list(self.tree.iter()))

    @cached_property
    def base_url(self) -> str | None:
        """The address to which relative links are relative (HTML, `<base href>`)."""
        for base in self.tree.iter("base"):
            href = (base.get("href") or "").strip()
            if href:
                return urljoin(self.url, href) if self.url else href
        return self.url

    @cached_property
    def structured(self) -> Structured:
        """The markup's statements about the page, read once."""
        return read_structured(self.tree, self.elements, self.url)

    @cached_property
    def headline_boxes(self) -> frozenset[_Element]:
        """The boxes around the page's h1s, and always html and body."""
        around = (h1.iterancestors() for h1 in self.structured.parts.h1)
        return frozenset([self.tree, *self.tree.iter("body"), *chain.from_iterable(around)])

    def absolute(self, link: str | None) -> str | None:
        """Return `link` as an absolute http or https URL, or None for anything else."""
        if not link or not (link := one_line(link)):
            return None
        try:
            joined = urljoin(self.base_url or "", link)
            parts = urlsplit(joined)
        except ValueError:
            return None
        if parts.scheme not in ("http", "https") or not parts.netloc or joined.split() != [joined]:
            return None
        return joined


def parse(page: Page) -> Document:
    """Return the document of `page`.

    Raises:
        UndecodableError: the bytes are no text.
        EmptyPageError: the text holds no element.
    """
    return parse_html(
        decode(page.body, page.headers.get("content-type")),
        url=page.url,
        headers=page.headers,
        hints=page.hints,
        size=len(page.body),
    )


def _xml_bytes(text: str) -> bytes:
    """Return `text` in UTF-8 without characters outside of XML, and without references to them.

    Characters go first, because such a character may stand inside a reference. A reference becomes a space: without the
    space, the text on both sides could join to a new reference.
    """
    for character in _NO_CHARACTERS:
        if character in text:
            text = text.replace(character, " " if character.isspace() else "")
    return _NO_XML_REFERENCE.sub(b" ", text.encode("utf-8", "ignore"))  # lone surrogates are ignored


def _flatten(tree: html.HtmlElement) -> None:
    """Turn elements below the deepest level into text."""
    deep: Any = _TOO_DEEP(tree)
    for element in deep:
        text = "".join(element.itertext(etree.Element))
        element[:] = []
        element.text = text


def _close_buttons(tree: html.HtmlElement) -> None:
    """Turn buttons around the article into boxes: they were never closed, and libxml2 does not close them."""
    for button in tree.iter("button"):
        if next(button.iter("h1", "article"), None) is not None:
            button.tag = "div"


def parse_html(text: str, *, url: str | None, headers: dict[str, str], hints: Hints, size: int) -> Document:
    """Return the document of `text` as decoded by `decode`; the encoding in an XML declaration is ignored."""
    # parsed from UTF-8 bytes: lxml refuses text with an encoding declaration, and is slower on non-ASCII text
    parser = etree.HTMLParser(encoding="utf-8", remove_pis=True, huge_tree=True)
    parser.set_element_class_lookup(_ONE_CLASS)
    try:
        tree = html.document_fromstring(_xml_bytes(text), parser=parser)
    except etree.ParserError as error:
        raise EmptyPageError(str(error)) from error
    _flatten(tree)
    _close_buttons(tree)
    return Document(tree=tree, url=url, headers=headers, hints=hints, size=size)
