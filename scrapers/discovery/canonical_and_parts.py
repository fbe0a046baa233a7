"""Find the original of a fetched page that is a twin, and the further parts of an article of several pages.

The bytes are searched by patterns, not parsed: every page passes here on the reactor's thread, and the search of
300 KB takes about a millisecond.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import parse_qsl, quote, unquote, urldefrag, urljoin, urlsplit

from schemas.page import Page
from schemas.urls.twins import canonical_url, twin_key
from scrapers.discovery.link_words import NEXT_TEXTS, PAGE_PARAMETERS, PAGE_WORDS

#: Greatest number of further pages that are followed for an article.
MOST_PARTS = 20
#: Bytes of a page in which the head is searched, and bytes in which links are searched.
_HEAD_BYTES, _MOST_BYTES = 200_000, 1_500_000
_LINK = re.compile(rb"<link\b[^<>]{0,1000}>", re.I)
_ANCHOR = re.compile(rb"<a\b([^<>]{0,1000})>", re.I)
_ANCHOR_END = re.compile(rb"</a>", re.I)
#: Most links, and most mentions of the article's own name, that are read: hostile pages have more.
_MOST_LINKS, _MOST_MENTIONS = 5000, 2000
_LONGEST_TEXT = 300
_ATTRIBUTE = re.compile(rb"""\b(rel|href)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""", re.I)
_LINK_HEADER = re.compile(r"<([^<>]+)>\s*+;[^,<]*\brel\s*=\s*\"?canonical\"?", re.I)
_PART_PARAMETER = re.compile(rf"(?:{'|'.join(sorted(PAGE_PARAMETERS))})=(?:[2-9]|[1-9]\d)", re.I)
_EXTENSION = re.compile(r"\.[a-z]{3,5}$", re.I)
_QUERY_MARK = rb"""\?(?:[^"'\s>?]{0,200}?[&;])?[a-z_]{1,12}="""
#: href="2/", href="?page=2", href="page/2"; in lower case only, which keeps the search fast.
_RELATIVE_PART = re.compile(rb"""href\s*=\s*["']?(?:\./)?(?:%b|[a-z]{1,6}[/_-]?)?(\d{1,2})/?["'\s>&#]""" % _QUERY_MARK)
#: Text between the article's own name and the number of a part.
_PART_BEHIND = re.compile(
    rb"(?:\.[a-z]{3,5})?(?:/?%b|/?[a-z]{0,6}[-_/,.]?[a-z]{0,6})(\d{1,2})(?!\d)" % _QUERY_MARK, re.I
)
_TAG = re.compile(r"<[^>]{0,300}>")
_PART = re.compile(rf"/(?:{PAGE_WORDS}[/_-]?)?(\d{{1,2}})/?$", re.I)
#: Part marks inside the last name: story_2.html, story,2.html, story-2.html, story-p2.html.
_SUFFIX_PART = re.compile(r"[-_,.](?:p|page|seite)?(\d{1,2})(?=(?:\.[a-z]{3,5})?$)", re.I)


def original_of(page: Page) -> str | None:
    """Return the URL of the page to fetch in place of `page`; None when `page` is the original.

    - A later part of an article: the first part.
    - An AMP form, a print form or any page with the canonical URL of another document: the canonical URL. URLs with
      different scheme, `www` and query alone are the same document.
    """
    if first := _first_part(page):
        return first
    try:
        canonical = canonical_url(page.url, _declared(page))
        if canonical is None or _document(canonical) == _document(page.url):
            return None
    except ValueError:
        return None
    return canonical


def next_part(page: bytes, url: str, number: int) -> str | None:
    """Return the URL of part `number` of the article at `url`, from a link of `page`, which is the part before."""
    if not _mentions(page, url, number):
        return None
    for rel, href, text in _links(page):
        try:
            link = urldefrag(urljoin(url, href)).url
        except ValueError:
            continue
        relation = _part_number(url, link)
        if relation is None:
            continue
        linked_number, certain = relation
        anchor = text.strip().lower().strip(".… ")
        if linked_number == number and ("next" in rel or (certain and (anchor == str(number) or anchor in NEXT_TEXTS))):
            return link
    return None


def _mentions(page: bytes, url: str, number: int) -> bool:
    """Return whether a link to part `number` is possible: a cheap check, since hardly any page has such a link."""
    mark = b"%d" % number
    if any(match[1] == mark for match in _RELATIVE_PART.finditer(page, 0, _MOST_BYTES)):
        return True
    name = _EXTENSION.sub("", urlsplit(url).path.rstrip("/").rpartition("/")[2])
    for own in {name.encode(), quote(unquote(name)).encode(), unquote(name).encode()} - {b""}:
        for mention in islice(re.compile(re.escape(own)).finditer(page, 0, _MOST_BYTES), _MOST_MENTIONS):
            if (match := _PART_BEHIND.match(page, mention.end())) and match[1] == mark:
                return True
    return False


def _declared(page: Page) -> str | None:
    for rel, href, _ in _links(page.body[:_HEAD_BYTES], anchors=False):
        if "canonical" in rel and href:
            return str(urljoin(page.url, href))
    if match := _LINK_HEADER.search(page.headers.get("link", "")):
        return str(urljoin(page.url, match[1]))
    return None


def _first_part(page: Page) -> str | None:
    """Return the URL of the first part for a later part: the later part's own URL has a mark, and links the first."""
    parts = urlsplit(page.url)
    base = None
    if (match := _PART.search(parts.path)) and int(match[1]) > 1:
        base = parts._replace(path=parts.path[: match.start()] or "/", fragment="").geturl()
    elif marks := [pair for pair in parts.query.split("&") if _PART_PARAMETER.fullmatch(pair)]:
        query = "&".join(pair for pair in parts.query.split("&") if pair not in marks)
        base = parts._replace(query=query, fragment="").geturl()
    if base is None or not _slug(base):
        return None
    wanted = twin_key(base)
    for _, href, _ in _links(page.body):
        try:
            link = urldefrag(urljoin(page.url, href)).url
            if twin_key(link) == wanted:
                return str(link)
        except ValueError:
            continue
    return None


def _part_number(base: str, link: str) -> tuple[int, bool] | None:
    """Return the number of the part at `link` of the article at `base`, and whether the number is certain."""
    ours, theirs = urlsplit(base), urlsplit(link)
    if ours.netloc != theirs.netloc or link == base:
        return None
    if ours.path.rstrip("/") == theirs.path.rstrip("/"):
        rest = [pair for pair in parse_qsl(theirs.query) if pair not in parse_qsl(ours.query)]
        if len(rest) == 1 and rest[0][0].lower() in PAGE_PARAMETERS and rest[0][1].isdecimal():
            return int(rest[0][1][:3]), True
        return None
    stem = _EXTENSION.sub("", ours.path.rstrip("/"))
    for start in (ours.path.rstrip("/"), stem):
        if theirs.path.startswith(start) and (match := _PART.fullmatch(theirs.path[len(start) :])):
            return int(match[1]), True
        if theirs.path.startswith(start) and (match := _SUFFIX_PART.match(theirs.path[len(start) :])):
            return int(match[1]), False
    return None


def _slug(url: str) -> bool:
    """Return whether the last path segment has words: /story/2 is a part, /2025/11/3 and /page/2 are not."""
    last = unquote(urlsplit(url).path).rstrip("/").rpartition("/")[2]
    return sum(character.isalpha() for character in last) >= 6 or bool(
        re.search(r"\d{4,}", last) and re.search(r"[a-z]", last, re.I)
    )


def _document(url: str) -> str:
    """Return the document of `url`: without scheme, `www` and query."""
    parts = urlsplit(url)
    host = parts.netloc.lower().removeprefix("www.").partition(":")[0]
    form = bool(re.search(r"\b(?:amp|print)\b", parts.query, re.I))
    return f"{host}{parts.path.rstrip('/')}{'?' if form else ''}"


def _links(body: bytes, anchors: bool = True) -> Iterator[tuple[list[str], str, str]]:
    """Yield `rel`, `href` and text of the links in `body`: of elements `link`, then of `a`."""
    for match in islice(_LINK.finditer(body, 0, _HEAD_BYTES), _MOST_LINKS):
        yield *_attributes(match[0]), ""
    if anchors:
        for match in islice(_ANCHOR.finditer(body, 0, _MOST_BYTES), _MOST_LINKS):
            start = match.end()
            if end := _ANCHOR_END.search(body, start, start + _LONGEST_TEXT + 4):
                text = html.unescape(body[start : end.start()].decode("utf-8", "replace"))
                yield *_attributes(match[1]), _TAG.sub(" ", text)


def _attributes(tag: bytes) -> tuple[list[str], str]:
    attributes = {match[1].lower(): (match[2] or match[3] or match[4] or b"") for match in _ATTRIBUTE.finditer(tag)}
    href = html.unescape(attributes.get(b"href", b"").decode("utf-8", "replace")).strip()
    return attributes.get(b"rel", b"").decode("ascii", "replace").lower().split(), href
