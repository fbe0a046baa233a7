"""Rights: robots directives, reservations of text and data mining, licence and copyright, at the time of the fetch.

Sources: robots meta and X-Robots-Tag (Google Search documentation), `noai` and `noimageai` (DeviantArt's proposal,
widely used), TDMRep (W3C Community Group report), `rel=license` (HTML), RSL 1.0's type included.
The spider fetches `/.well-known/tdmrep.json` and sends the content with the page, as the headers of TDMRep.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml.etree import _Element

from schemas.article import Rights
from schemas.text import one_line
from workers.extraction.reading.document import Document
from workers.extraction.structured.text import visible_text
from workers.extraction.tables import table

#: The name of this project's robot; directives for this name apply, as do directives for all robots.
_AGENT = "newsline"
_DIRECTIVE = re.compile(r"^(?:[a-z-]+|(?:max-[a-z-]+|unavailable_after)\s*:.+)$")
_COPYRIGHT = re.compile(r"(?:©|\(c\)|copyright)\s*(?:©\s*)?.{0,120}", re.I)
_SIGNS = ("©", "opyright")
_UNREAD = frozenset(("script", "style"))
_YEAR = re.compile(r"(?:19|20)\d\d")
#: The most characters of a licence or a copyright line.
_LONGEST = 160


def find_rights(document: Document) -> Rights:
    """Return the rules of use that the page and the headers state."""
    return Rights(
        robots=sorted(set(_robots(document))),
        tdm_reserved=_tdm_reserved(document),
        tdm_policy=_tdm_policy(document),
        license=_license(document),
        copyright=_copyright(document),
    )


def _robots(document: Document) -> Iterator[str]:
    meta = document.structured.parts.meta
    for name in ("robots", _AGENT):
        for content in meta.get(name, ()):
            yield from _directives(content)
    # a header line may hold several directives, each for the robot named before the directive, or for all robots
    agent = ""
    for part in (document.headers.get("x-robots-tag") or "").split(","):
        head, colon, rest = part.strip().partition(":")
        if colon and not _DIRECTIVE.match(part.strip().lower()):
            agent, part = head.strip().lower(), rest
        if agent in ("", "*", _AGENT):
            yield from _directives(part)


def _directives(text: str) -> Iterator[str]:
    for directive in text.lower().split(","):
        directive = re.sub(r"\s?:\s?", ":", one_line(directive))
        if _DIRECTIVE.match(directive):
            yield directive
        elif ":" not in directive:  # "noindex nofollow": commas forgotten
            yield from filter(_DIRECTIVE.match, directive.split())


def _tdm_reserved(document: Document) -> bool | None:
    # TDMRep, "Processing priority": a tag supersedes the header, the header the origin's file, which comes as a header
    for value in (document.structured.meta("tdm-reservation"), document.headers.get("tdm-reservation")):
        if value and value.strip() in ("0", "1"):
            return value.strip() == "1"
    return None


def _tdm_policy(document: Document) -> str | None:
    """Return the URL of the policy; None when the page says that nothing is reserved."""
    if _tdm_reserved(document) is False:
        return None
    return document.absolute(document.structured.meta("tdm-policy") or document.headers.get("tdm-policy"))


def _license(document: Document) -> str | None:
    structured = document.structured
    links = [*structured.parts.links.get("license", ()), *structured.parts.rels.get("license", ())]
    for link in links:
        if url := document.absolute(link.get("href")):
            return url
    text = structured.jsonld.text(structured.article, "license")
    for value in structured.jsonld.all(structured.article, "license"):
        address = (value.get("url") or value.get("@id")) if isinstance(value, dict) else None
        text = text or (address if isinstance(address, str) else None)
    for header in re.findall(r'<([^<>]+)>\s*+;[^,<]*rel="?license"?', document.headers.get("link") or ""):
        text = text or document.absolute(header)
    return one_line(text)[:_LONGEST] or None if text else None


def _is_signed(element: _Element) -> bool:
    """Return whether a text directly in `element` holds a copyright sign."""
    texts = [element.text, *[child.tail for child in element]]
    return any(sign in text for text in texts if text for sign in _SIGNS)


def _copyright(document: Document) -> str | None:
    structured = document.structured
    if text := structured.jsonld.text(structured.article, "copyrightNotice"):
        return text[:_LONGEST]
    holder = structured.jsonld.text(structured.article, "copyrightHolder")
    if holder:
        year = structured.jsonld.text(structured.article, "copyrightYear")
        return f"© {year} {holder}" if year else f"© {holder}"
    for name in table("meta_names")["copyright"]:
        if text := structured.meta(name):
            return text[:_LONGEST]
    return next(_lines(document), None)


def _lines(document: Document) -> Iterator[str]:
    """Yield the copyright lines, the last on the page first, which is nearly always the publisher's."""
    for element in reversed(document.elements):
        if element.tag in _UNREAD or not isinstance(element.tag, str) or not _is_signed(element):
            continue
        text = visible_text(element, _LONGEST)
        match = _COPYRIGHT.search(text) if len(text) <= _LONGEST else None
        if match and (_YEAR.search(match[0]) or len(match[0].split()) > 1):
            yield one_line(match[0])
