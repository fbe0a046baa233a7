"""The authors, from JSON-LD, meta tags, microdata, `rel=author` and visible bylines; people before organisations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from lxml import etree, html

from schemas.article import Author
from schemas.text import one_line
from schemas.timestamp import Origin
from workers.extraction.fields.author_profiles import find_profiles
from workers.extraction.fields.casing import restore_case
from workers.extraction.fields.found import Found
from workers.extraction.fields.personal_names import (
    Name,
    is_account,
    is_agency,
    is_cjk,
    is_label,
    is_personal,
    photographers,
    split_byline,
)
from workers.extraction.reading.document import Document
from workers.extraction.site_memory import UNKNOWN, SiteMemory
from workers.extraction.structured import Graph, Node
from workers.extraction.structured.nodes import plain_text, types_of
from workers.extraction.structured.site import folded
from workers.extraction.structured.text import visible_text
from workers.extraction.tables import any_of, table

_ORGANIZATIONS = frozenset(table("schema_org")["organizations"]["types"])
#: The URL of a page about an author.
_PROFILE = re.compile(rf"/{any_of(table('bylines')['profiles']['folders'])}/[^/?#]+", re.I)
_KOREAN_NAMES = r"[\uac00-\ud7af]{2,4}(?:\s?[·,]\s?[\uac00-\ud7af]{2,4}){0,3}"
_JAPANESE_NAMES = r"[\u3040-\u30ff\u3400-\u9fff々]{2,8}(?:[、・][\u3040-\u30ff\u3400-\u9fff々]{2,8}){0,3}"
_HAN_NAMES = r"[\u3400-\u9fff·]{2,4}(?:[\s、]+[\u3400-\u9fff·]{2,4}){0,3}(?![\u3400-\u9fff])"
_HAN_LIST = r"[\u3400-\u9fff·]{2,4}(?:、[\u3400-\u9fff·]{2,4}){0,3}"
_LINES = table("bylines")["line"]
_HAN = {part: any_of(words) for part, words in _LINES["han"].items()}
#: The beginning of a byline that is a text by itself.
_LINE = re.compile(
    rf"^\s*{any_of(_LINES['before'])}\b(?:\s*:)?\s+(?=[^\W\d_])|^\s*{any_of(_LINES['source'])}\s*:\s+"
    rf"|(?:{_HAN['author']}|^\s*{_HAN['author_first']})[:：\s／/]+(?P<author>{_HAN_NAMES})"
    rf"|{_HAN['reporter']}[:：\s]+(?P<reporter>{_HAN_NAMES})"
    rf"|{_HAN['reporter']}\s?(?P<local>{_HAN_LIST})\s?[／/]\s?\S{{0,8}}{_HAN['reports']}"
    rf"|{_HAN['japanese']}\s?[:：／/＝=]\s?(?P<japanese>{_JAPANESE_NAMES})"
    rf"|^\s*(?:[(\[【][^)\]】]{{1,30}}[)\]】]\s*)?(?P<korean>{_KOREAN_NAMES})\s{_HAN['korean_after']}(?![\uac00-\ud7af])"
    rf"|{_HAN['own_reporter']}\S{{0,4}}{_HAN['reporter']}\s*(?P<sent>[\u3400-\u9fff·]{{2,5}}?)\s*(?:{_HAN['sent']}|{_HAN['reports']})",
    re.I,
)
#: A label alone, before the element with the author's name.
_LABEL = re.compile(rf"(?:(?<!\s)\s+)?{any_of(_LINES['label'])}(?:\s*[:：])?\s*", re.I)
#: How many elements after the headline may be a label; at the end of a page, a label names the makers of the template.
_SOON = 150
_BREAKS = frozenset({"br", "p", "div", "ul", "ol", "table", "h1", "h2", "h3", "h4", "section"})
_OUTSIDE = frozenset({"nav", "footer", "aside", "figure", "figcaption"})
#: The most characters of a byline.
_LONGEST = 160
#: How many boxes around the first author's element hold the other authors of the article.
_NEAR = 3


def find_authors(document: Document, site: SiteMemory = UNKNOWN) -> Found[list[Author]] | None:
    """Return the authors: people, else an organisation, else the site.

    Two kinds of authors wait for a better source: `standing`, people whom all pages of the site name, and `house`, the
    name of the site.
    """
    sites = document.structured.site_names | site.names
    standing: Found[list[Author]] | None = None
    organization: Found[list[Author]] | None = None
    house: Found[list[Author]] | None = None
    for strong, origin, names in _sources(document, sites):
        if not strong and (organization or standing):
            break
        people = [name for name in names if name.kind == "person"]
        if _is_site_in_parts(people, sites) or (house and people and all(_is_part_of_site(p, sites) for p in people)):
            continue
        if people and all(folded(name.text) in sites or is_account(name.text) for name in people):
            return _byline_of(document, sites, site) or Found(_authors(document, people), origin)
        if people and origin == "json-ld" and (better := _signed(document, people, sites)):
            return better
        if strong and len(people) > 1:
            taken = _photographers(document, sites)
            names = [name for name in names if folded(name.text) not in taken] or names
            people = [name for name in names if name.kind == "person"]
        if people:
            credited = [name for name in names if name.kind == "person" or not _is_site(name.text, sites)]
            authors = Found(_authors(document, credited), origin)
            if all(folded(name.text) in site.authors for name in people):
                standing = standing or authors
                continue
            return authors
        if not names:
            continue
        if any(_is_site(name.text, sites) for name in names):
            house = house or Found(_authors(document, names), origin)
        elif strong or house is None or any(is_agency(name.text) for name in names):
            organization = organization or Found(_authors(document, names), origin)
    if organization and (named := _beside(document, organization, sites)):
        return named
    if standing:
        return _byline_of(document, sites, site) or standing
    return organization or house


def _byline_of(document: Document, sites: frozenset[str], site: SiteMemory) -> Found[list[Author]] | None:
    """Return the people whom a byline names in full, for a page with markup that names the same people on all pages."""
    for element in _bylines(document, sites):
        people = [name for name in _in_byline(element, sites) if name.kind == "person" and _is_full(name.text)]
        if people and not any(folded(name.text) in site.authors for name in people):
            return Found(_authors(document, people), "html")
    return None


def _beside(document: Document, organization: Found[list[Author]], sites: frozenset[str]) -> Found[list[Author]] | None:
    """Return the people whom a visible byline names together with the `organization` of the markup.

    An organisation in a meta tag is often the publisher. Then two other places count: a byline with a link to an
    author's page, and a line that begins as a byline does.
    """
    names = {folded(author.name) for author in organization.value}
    tag = organization.origin == "meta"
    texts = [
        text
        for element in _bylines(document, sites)
        if any(name in folded(text := visible_text(element, _LONGEST)) for name in names)
        or (tag and any(_PROFILE.search(link.get("href") or "") for link in element.iter("a")))
    ]
    for text in (*texts, *(_lines(document) if tag else ())):
        people = [n for n in split_byline(text, sites, visible=True) if n.kind == "person" and _is_full(n.text)]
        if people and not any(name in folded(n.text) for n in people for name in names):
            return Found(_authors(document, people), "html")
    return None


def _is_full(name: str) -> bool:
    """Return whether `name` has several words, or is in Han, kana or Hangul."""
    return " " in name or is_cjk(name)


def _authors(document: Document, names: list[Name]) -> list[Author]:
    profile = find_profiles(document)
    return [
        Author(
            name=restore_case(name.text, document) if name.kind == "person" else name.text,
            kind=name.kind,
            url=profile(name.text),
        )
        for name in names
    ]


def _is_site(text: str, sites: frozenset[str]) -> bool:
    """Return whether `text` is a name of the site, or a part of the name, or holds the name."""
    plain = folded(text)
    return plain in sites or any(_is_distinct(site) and (site in plain or plain in site) for site in sites)


def _is_part_of_site(name: Name, sites: frozenset[str]) -> bool:
    return folded(name.text) not in sites and _is_site(name.text, sites)


def _is_distinct(name: str) -> bool:
    """Return whether a folded name is long enough for a search inside another; Han, kana and Hangul need fewer."""
    return len(name) > 4 or (len(name) > 2 and not name.isascii() and is_cjk(name))


def _photographers(document: Document, sites: frozenset[str]) -> set[str]:
    """Return the folded names of the people whom bylines name for the pictures only."""
    texts = [visible_text(element, _LONGEST) for element in _bylines(document, sites)]
    texts += [text for meta in table("meta_names")["authors"] for text in document.structured.parts.meta.get(meta, ())]
    return {folded(name.text) for text in texts for name in photographers(text, sites)}


def _is_site_in_parts(people: list[Name], sites: frozenset[str]) -> bool:
    """Return whether supposed people are parts of the site's name: "Sample Journal, Sample Press"."""
    return len(people) > 1 and any(all(folded(name.text) in site for name in people) for site in sites)


def _signed(document: Document, people: list[Name], sites: frozenset[str]) -> Found[list[Author]] | None:
    """Return the meta tags' people, if bylines name all of them and none of `people`, the content system's users."""
    users = {folded(name.text) for name in people}
    for meta in table("meta_names")["authors"]:
        texts = [text for text in document.structured.parts.meta.get(meta, ()) if "://" not in text]
        names = _unique(name for text in texts for name in split_byline(text, sites, visible=False))
        signed = {folded(name.text) for name in names if name.kind == "person"}
        if signed and not any(author in user or user in author for author in signed for user in users):
            shown = {folded(name.text) for element in _bylines(document, sites) for name in _in_byline(element, sites)}
            if signed <= shown and users.isdisjoint(shown):
                return Found(_authors(document, names), "meta")
    return None


def _sources(document: Document, sites: frozenset[str]) -> Iterator[tuple[bool, Origin, list[Name]]]:
    """Yield the places with names; True marks places for the names of the article's authors and of nobody else."""
    structured = document.structured
    for key in ("author", "creator"):
        yield True, "json-ld", _from_node(structured.jsonld, structured.article, key, sites)
    for meta in table("meta_names")["authors"]:
        texts = structured.parts.meta.get(meta, ())
        yield (
            True,
            "meta",
            _unique(name for text in texts if "://" not in text for name in split_byline(text, sites, visible=False)),
        )
    yield True, "meta", _unique(_of_card(document, sites))
    yield True, "html", _from_node(structured.microdata, structured.item, "author", sites)
    yield True, "html", _unique(_linked(document, sites))
    for element in _bylines(document, sites):
        yield False, "html", _in_byline(element, sites)
    yield False, "html", _unique(_profiles(document, sites))
    yield False, "html", _unique(_linked(document, sites, anywhere=True))
    for text in _lines(document):
        yield False, "html", split_byline(text, sites, visible=True)


def _of_card(document: Document, sites: frozenset[str]) -> Iterator[Name]:
    """Yield the names in the page's Twitter card as WordPress writes: twitter:label1 "Written by", twitter:data1."""
    structured = document.structured
    for number in ("1", "2"):
        label, text = structured.meta(f"twitter:label{number}"), structured.meta(f"twitter:data{number}")
        if label and text and is_label(label):
            yield from split_byline(text, sites, visible=False)


def _unique(names: Iterator[Name]) -> list[Name]:
    """Return `names` without doubles; the first spelling stays."""
    unique: dict[str, Name] = {}
    for name in names:
        unique.setdefault(folded(name.text), name)
    return list(unique.values())


def _from_node(graph: Graph, node: Node | None, key: str, sites: frozenset[str]) -> list[Name]:
    """Return the names in the property `key` of `node`; the types of schema.org tell people and organisations apart."""

    def names() -> Iterator[Name]:
        for value in graph.all(node, key):
            kind = types_of(value) if isinstance(value, dict) else []
            for text in _texts(graph, value):
                names = split_byline(text, sites, visible=False, person="person" in kind)
                if not names and set(kind) & _ORGANIZATIONS and folded(text) in sites:
                    yield Name(text, "organization")
                for name in names:
                    if set(kind) & _ORGANIZATIONS:
                        yield Name(name.text, "organization")
                    elif "person" in kind and folded(name.text) in sites and is_personal(name.text):
                        yield Name(name.text, "person")
                    else:
                        yield name

    return _unique(names())


def _texts(graph: Graph, value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        given_name, family_name = graph.text(value, "givenName"), graph.text(value, "familyName")
        values = [n.get("@value") if isinstance(n, dict) else n for n in graph.all(value, "name", "alternateName")]
        names = [plain_text(str(name)) for name in values if isinstance(name, str | int)]
        yield from names or ([f"{given_name} {family_name}"] if given_name and family_name else [])
    elif isinstance(value, str) and "://" not in value:
        yield plain_text(value)


def _in_byline(element: html.HtmlElement, sites: frozenset[str]) -> list[Name]:
    """Return the names in a byline; a name that runs on into a neighbour's text ends with the name's element.

    When the byline links to authors' pages and the text names nobody of these, return the names of the links: the text
    says something else too.
    """
    names = _unique(
        own
        for name in split_byline(visible_text(element), sites, visible=True)
        for own in (_own_elements(element, name, sites) if len(name.text.split()) > 2 else []) or [name]
    )
    links = _together([link for link in element.iter("a") if _PROFILE.search(link.get("href") or "")])
    linked = _unique(n for a in links for n in split_byline(visible_text(a, _LONGEST), sites, visible=True))
    return names if {folded(name.text) for name in names} & {folded(name.text) for name in linked} else linked or names


def _own_elements(element: html.HtmlElement, name: Name, sites: frozenset[str]) -> list[Name]:
    """Return the people inside `name` with an element each."""
    whole, people = folded(name.text), list[Name]()
    for inner in element.iterdescendants(etree.Element):
        text = visible_text(inner, _LONGEST)
        if len(text) < len(name.text) and len(text.split()) > 1:
            names = split_byline(text, sites, visible=True)
            if len(names) == 1 and names[0].kind == "person" and " " in names[0].text:
                plain = folded(names[0].text)
                if plain in whole and not any(plain in folded(person.text) for person in people):
                    people.append(names[0])
    return people


def _together(elements: list[html.HtmlElement]) -> list[html.HtmlElement]:
    """Return the first of `elements` and those in the same few boxes; authors of other articles stand further away."""
    if not elements:
        return []
    boxes = _boxes(elements[0])
    return [element for element in elements if any(box in boxes for box in _boxes(element))]


def _boxes(element: html.HtmlElement) -> list[html.HtmlElement]:
    return [element, *islice(element.iterancestors(), _NEAR)]


def _linked(document: Document, sites: frozenset[str], *, anywhere: bool = False) -> Iterator[Name]:
    """Yield the names of `rel=author` links (`anywhere`: also in boxes apart) and of microdata's author elements."""
    parts = document.structured.parts
    for element in _together([e for e in parts.rels.get("author", ()) if anywhere or not _apart(e, document)]):
        text = visible_text(element, _LONGEST)
        names = split_byline(text, sites, visible=True)
        yield from names or ([Name(text, "organization")] if folded(text) in sites else [])
    items = [e for e in parts.items if "author" in (e.get("itemprop") or "").lower().split()]
    for element in _together([item for item in items if not _apart(item, document)]):
        text = element.get("content") or visible_text(element, _LONGEST)
        if len(text) <= _LONGEST:
            yield from split_byline(text, sites, visible=True)


def _bylines(document: Document, sites: frozenset[str]) -> Iterator[html.HtmlElement]:
    """Yield the elements marked as bylines, in page order; not a box around a single byline with a name."""
    marked = document.structured.parts.marked.get("byline", [])
    inside: dict[html.HtmlElement, list[html.HtmlElement]] = {element: [] for element in marked}
    for element in marked:
        for ancestor in element.iterancestors():
            if ancestor in inside:
                inside[ancestor].append(element)
    for element in marked:
        if not _apart(element, document) and 2 < len(text := visible_text(element, _LONGEST)) <= _LONGEST:
            only = visible_text(inside[element][0], _LONGEST) if len(inside[element]) == 1 else text
            if only == text or not split_byline(only, sites, visible=True):
                yield element


def _profiles(document: Document, sites: frozenset[str]) -> Iterator[Name]:
    """Yield the names of the first links to authors' pages after the headline, as far as the links stand together."""
    started, other_links = not document.structured.parts.h1, 0
    h1 = document.structured.parts.h1[0] if document.structured.parts.h1 else None
    links: list[html.HtmlElement] = []
    names_of: dict[html.HtmlElement, list[Name]] = {}
    for element in document.tree.iter("h1", "a"):
        if element is h1:
            started = True
        elif element.tag == "a" and started:
            if _PROFILE.search(element.get("href") or "") and not _apart(element, document):
                if names := split_byline(visible_text(element, _LONGEST), sites, visible=True):
                    links.append(element)
                    names_of[element] = names
            elif links:
                other_links += 1
                if other_links > 2:
                    break
    for element in _together(links):
        yield from names_of[element]


def _lines(document: Document) -> Iterator[str]:
    """Yield short texts with the beginning of a byline, from the headline on."""
    h1 = next(iter(document.structured.parts.h1), None)
    after = 0 if h1 is None else -1
    for element in document.tree.iter(etree.Element):
        if after >= 0 or element is h1:
            after += 1
        if after < 0 or element.tag in ("script", "style", "noscript", "option", "title"):
            continue
        texts = (element.text, element.tail)
        if after <= _SOON:
            text = _whole(element.text, iter(element))
            if text and element.tag not in _BREAKS and _LABEL.fullmatch(text):
                text = _whole(f"{text} {element.tail or ''}", element.itersiblings())
            texts = text, _whole(element.tail, element.itersiblings())
        for text in texts:
            if not text or len(text) >= 2 * _LONGEST or text.isspace():
                continue
            # only the patterns in Han, kana or Hangul match inside a text, the others at the start
            match = _LINE.match(text) if text.isascii() else _LINE.search(text)
            if match and not _apart(element, document):
                rest = one_line(text[match.start() :])
                if names := next(filter(None, match.groups()), None):
                    yield names.replace(" ", "、")
                elif len(rest) < 60:
                    yield rest


def _whole(text: str | None, following: Iterator[html.HtmlElement]) -> str | None:
    """Return `text`; after a bare label ("By", "作者："), also the following text of the line."""
    if not text or not _LABEL.fullmatch(text):
        return text
    line = text
    for part in following:
        if isinstance(part.tag, str):
            if part.tag in _BREAKS:
                break
            line += visible_text(part, _LONGEST)
        line += part.tail or ""
        if len(line) > _LONGEST:
            break
    return line


def _apart(element: html.HtmlElement, document: Document) -> bool:
    """Return whether `element` is in a box apart from the article; a box around the headline never is."""
    around = document.headline_boxes
    for ancestor in element.iterancestors():
        if ancestor in around:
            return False
        if ancestor.tag in _OUTSIDE and not (
            ancestor.tag == "footer" and any(a.tag in ("article", "main") for a in ancestor.iterancestors())
        ):
            return True
        name = f"{ancestor.get('class', '')} {ancestor.get('id', '')}".lower()
        if "comment" in name or "related" in name or "sidebar" in name or "widget" in name:
            return True
    return False
