"""The title: the visible headline, without the site's name, its section or a kicker.

Candidates come from h1, Open Graph, Twitter, JSON-LD, the title element and the feed. The text of several candidates is
the headline; the h1 with this text is the form that readers see.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lxml import etree, html

from schemas.text import one_line
from schemas.timestamp import Origin
from workers.extraction.fields.found import Found
from workers.extraction.reading.document import Document
from workers.extraction.site_memory import UNKNOWN, SiteMemory
from workers.extraction.structured.site import folded
from workers.extraction.structured.text import visible_text
from workers.extraction.tables import table

_SEPARATOR = re.compile(
    r"(?<!\s)\s+[|\-–—•·:»«/~›*∙⋅¦<>]+\s+|(?:(?<!\s)\s+)?(?:[|｜ǀㅣ¦_]|::)\s*|(?<=[^\x00-\x7f])[-：–](?=[^\x00-\x7f])"
    r"|(?:(?<!\s)\s+)?：\s*"
)
#: Each Han, kana or Hangul character is a word.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\w+")
#: The kinds of candidates that readers do not see, the most trusted first.
_STATED = ("json-ld", "og", "meta", "twitter", "title", "hint")
#: A separator and a few words after the headline.
_TAIL = re.compile(r"^\s*[-|–—·•_｜ㅣ:：/»]+\s*\S{1,40}(?:\s\S{1,20}){0,5}$")
#: Shares of common words (Dice) from which a heading is the headline of the metadata, and from which the same text.
_AGREE = 0.3
_SAME = 0.85
#: The most words of a button or label after a heading.
_TAIL_WORDS = 3
#: The fewest letters of a word other than articles and prepositions; in scripts without spaces, the fewest characters.
_LONG_WORD = 4
#: The most characters of a title.
_LONGEST = 400
#: How many blocks above the text may be the headline of a page without any title; the most characters of the headline.
_ABOVE, _LINE = 4, 120
#: A line with a date, a time, a URL or counters, or a line that breaks off ("Loading …").
_NO_HEADLINE = re.compile(r"\d{1,2}:\d\d|(?:19|20)\d\d\s?[-/.年]|://|www\.|\(\d+\)|>|\||[…。：:]\s*$")
#: Marks in place of a line break.
_LINE_BREAK = re.compile(r"(?<=\w)(?::|\s+[–—|-])\s")
_OUTSIDE = frozenset({"nav", "footer", "aside", "dialog", "form"})


@dataclass(frozen=True)
class Candidate:
    """A text that may be the title, without the site's name."""

    text: str
    origin: Origin
    kind: str

    @property
    def words(self) -> frozenset[str]:
        """The words of the text, folded."""
        return words(self.text)


def words(text: str) -> frozenset[str]:
    """Return the words of `text`, folded; each Han, kana or Hangul character is a word."""
    return frozenset(_WORD.findall(text.casefold()))


def find_title(document: Document, site: SiteMemory = UNKNOWN) -> Found[str] | None:
    """Return the headline of `document`."""
    candidates = gather(document, site)
    best = choose(candidates)
    return Found(best.text, best.origin) if best else None


def headline_above(texts: Sequence[str], first: int) -> Found[str] | None:
    """Return the nearest short line at or above `texts[first]` that is not a date or an address.

    This serves pages without any title: old and home-made pages write the headline in a cell or paragraph of its own.
    `texts` are the texts of the page's blocks, and `first` is the article's first block.
    """
    for text in reversed(texts[max(0, first - _ABOVE) : first + 1]):
        if len(text) <= _LINE and len(words(text)) >= 3 and not _NO_HEADLINE.search(text):
            return Found(text, "text")
    return None


def gather(document: Document, site: SiteMemory = UNKNOWN) -> list[Candidate]:
    """Return all candidates, except the site's name, texts without a word and texts of over 400 characters."""
    structured = document.structured
    names = structured.site_names | site.names
    sections = _sections(document)
    sources: list[tuple[str, Origin, str]] = [(text, "meta", "og") for text in structured.metas("og:title")[:1]]
    sources += [(text, "meta", "twitter") for text in structured.metas("twitter:title", "twitter:text:title")[:1]]
    sources += [(text, "meta", "meta") for text in structured.metas(*table("meta_names")["title"])[:1]]
    if text := structured.jsonld.text(structured.article, "headline", "name"):
        sources.append((text, "json-ld", "json-ld"))
    stated = {folded(text) for text, _, _ in sources}
    for h1 in structured.parts.h1[:8]:
        if not any(a.tag in _OUTSIDE for a in h1.iterancestors()) and not _leads_home(h1):
            sources.append((_without_kicker(h1, document, stated), "html", "h1"))
    for element in structured.parts.items:
        if "headline" in (element.get("itemprop") or "").split() and element.tag not in ("meta", "h1"):
            sources.append((_without_kicker(element, document, stated), "html", "itemprop"))
            break
    else:
        if text := structured.microdata.text(structured.item, "headline"):
            sources.append((text, "html", "itemprop"))
    if structured.parts.title:
        sources.append((structured.parts.title, "html", "title"))
    if document.hints.title:
        sources.append((document.hints.title, "sitemap" if document.hints.origin == "sitemap" else "feed", "hint"))
    if not any(kind == "h1" for _, _, kind in sources):
        sources += [(text, "html", "heading") for text in _headings(document, stated)]
    plain = {folded(text) for text, _, _ in sources}
    headlines = {folded(text) for text, _, kind in sources if kind == "h1"} & stated
    candidates: list[Candidate] = []
    for text, origin, kind in sources:
        text = one_line(text)
        if not text or len(text) > _LONGEST or folded(text) in names or not words(text):
            continue
        candidates.append(Candidate(without_site(text, names, sections, plain, headlines), origin, kind))
    texts = [candidate.text for candidate in candidates]
    return [Candidate(_shortest(c.text, texts), c.origin, c.kind) if c.kind in _STATED else c for c in candidates]


def _leads_home(h1: html.HtmlElement) -> bool:
    """Return whether `h1` is the site's name with a link to the front page."""
    return any(link.get("href") in ("/", "./", "#") or (link.get("rel") or "") == "home" for link in h1.iter("a"))


def _without_kicker(heading: html.HtmlElement, document: Document, stated: set[str]) -> str:
    """Return the text of `heading` without a marked kicker, unless the metadata give both together as the headline."""
    text = visible_text(heading)
    for kicker in document.structured.parts.marked.get("kicker", ()):
        if any(a is heading for a in kicker.iterancestors()):
            above = visible_text(kicker)
            rest = text.removeprefix(above).lstrip(" :–—-|/")
            if rest != text and len(words(rest)) >= 2 and (folded(rest) in stated or folded(text) not in stated):
                return rest
    return text


def _headings(document: Document, stated: set[str]) -> Iterator[str]:
    """Yield second-rate headings for pages without an h1: h2 elements, and elements marked as headlines.

    When the metadata give the end of a heading as the title, yield the end too: a kicker precedes the title in the box.
    """
    parts = document.structured.parts
    for element in [*parts.h2[:12], *parts.marked.get("headline", ())[:20]]:
        if any(a.tag in _OUTSIDE for a in element.iterancestors()):
            continue
        text = visible_text(element, 300)
        if not 8 < len(text) < 300:
            continue
        yield text
        plain = folded(text)
        if any(plain.endswith(title) and title != plain for title in stated):
            for inner in element.iterdescendants(etree.Element):
                if folded(part := visible_text(inner, 300)) in stated:
                    yield part
                    break


def _shortest(text: str, candidates: list[str]) -> str:
    """Return `text`, or the candidate to which `text` adds only a separator and a few words (a section, a site)."""
    for shorter in candidates:
        if (
            len(shorter) < len(text)
            and text.startswith(shorter)
            and len(words(shorter)) >= 3
            and _TAIL.match(text[len(shorter) :])
        ):
            return shorter
    return text


def without_site(
    title: str, names: frozenset[str], sections: frozenset[str], others: set[str], headlines: set[str]
) -> str:
    """Return `title` without the site's name and section at both ends; a part that equals a candidate is the title.

    `headlines` stand in an h1 and in the metadata. Such a title may begin with the site's name: the article is about
    the site.
    """
    changed = True
    while changed:
        changed = False
        cuts = list(_SEPARATOR.finditer(title))
        for cut in cuts:
            head, tail = title[: cut.start()].strip(), title[cut.end() :].strip()
            if (
                len(words(head)) >= 2
                and folded(head) in others
                and folded(head) not in names
                and len(words(tail)) <= 8
                and _names_site(tail, names, sections)
            ):
                return head
        if not cuts:
            return title
        head, tail = title[: cuts[-1].start()].strip(), title[cuts[-1].end() :].strip()
        if head and _names_site(tail, names, sections):
            title, changed = head, True
            continue
        head, tail = title[: cuts[0].start()].strip(), title[cuts[0].end() :].strip()
        if tail and folded(head) in names and folded(title) not in headlines:
            title, changed = tail, True
    return title


def _names_site(text: str, names: frozenset[str], sections: frozenset[str]) -> bool:
    """Return whether `text` is a name of the site, alone or with a few words, or a section."""
    plain = folded(text)
    if not plain or plain in names or plain in sections:
        return True
    if len(words(text)) > 7:
        return False
    return any(len(name) > 3 and (name in plain or (len(plain) > 3 and plain in name)) for name in names)


def _sections(document: Document) -> frozenset[str]:
    """Return the folded sections of the article in the metadata."""
    structured = document.structured
    names = [*structured.metas("article:section"), *structured.metas("parsely-section"), *structured.metas("section")]
    names += [str(v) for v in structured.jsonld.all(structured.article, "articleSection") if isinstance(v, str)]
    return frozenset(folded(text) for text in names)


def overlap(a: frozenset[str], b: frozenset[str]) -> float:
    """Return the share of common words of two titles, from 0 to 1 (Dice)."""
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0


def choose(candidates: list[Candidate]) -> Candidate | None:
    """Return the title among `candidates`, or None.

    Cases in order:
    1. Without metadata: the h1 or itemprop with the most words.
    2. An h1 or itemprop agrees with the metadata: the best, without a kicker.
    3. Another heading has the same text as the metadata: the heading, without a kicker or a button's words.
    4. An h1 or itemprop of four words shares a long word with the metadata: the h1 or itemprop.
    5. Otherwise: the text of most of the metadata.
    """
    stated = [c for c in candidates if c.kind in _STATED]
    visible = [c for c in candidates if c.kind in ("h1", "itemprop")]
    if not stated:
        return max(visible, key=lambda c: len(c.words)) if visible else None
    if visible:
        best = max(visible, key=lambda c: _agreement(c, stated))
        if _agreement(best, stated) >= _AGREE:
            if best.kind == "itemprop" and len({c.words for c in stated}) == 1 and len(stated) > 2:
                return stated[0]  # no h1, and all metadata say the same
            return _punctuated(_less_kicker(best, stated), stated)
    headings = [
        c
        for c in (_less_kicker(c, stated) for c in candidates if c.kind == "heading")
        if _agreement(c, stated) >= _SAME
    ]
    if headings:
        best = max(headings, key=lambda c: _agreement(c, stated))
        shared = {folded(c.text) for c in stated if c.kind == "og"}
        if alone := [c for c in headings if _is_end(c, best) and folded(c.text) in shared]:
            return alone[0]
        # when the metadata agree on kicker and headline together, the article is published under both
        most = _majority(stated)
        return most if folded(most.text).endswith(folded(best.text)) else _punctuated(_less_tail(best, stated), stated)
    for candidate in visible:
        if len(candidate.words) >= 4 and any(_shares_words(candidate, statement) for statement in stated):
            return candidate
    return _majority(stated)


def _agreement(candidate: Candidate, stated: list[Candidate]) -> float:
    """Return the greatest share of words that `candidate` has in common with the metadata."""
    return max(overlap(candidate.words, statement.words) for statement in stated)


def _shares_words(visible: Candidate, statement: Candidate) -> bool:
    """Return whether both candidates share more than articles and prepositions."""
    shared = visible.words & statement.words
    return any(len(word) >= _LONG_WORD for word in shared) or sum(not word.isascii() for word in shared) >= _LONG_WORD


def _is_end(part: Candidate, whole: Candidate) -> bool:
    """Return whether `part` is the end of `whole`, and at least three words."""
    end, text = folded(part.text), folded(whole.text)
    return end != text and text.endswith(end) and len(part.words) >= 3


def _punctuated(visible: Candidate, stated: list[Candidate]) -> Candidate:
    """Return `visible` in the metadata's spelling, if a colon or dash there replaces a line break of the page."""
    words = _WORD.findall(visible.text)
    for statement in stated:
        if _WORD.findall(statement.text) == words and any(
            mark[0].strip() and mark[0].strip() not in visible.text for mark in _LINE_BREAK.finditer(statement.text)
        ):
            return Candidate(statement.text, visible.origin, visible.kind)
    return visible


def _less_tail(visible: Candidate, stated: list[Candidate]) -> Candidate:
    """Return the heading without the few words of a button or label, if metadata agree twice on the words before."""
    plain = folded(visible.text)
    votes = [folded(statement.text) for statement in stated]
    for statement in stated:
        own = folded(statement.text)
        if (
            len(own) < len(plain)
            and plain.startswith(own)
            and votes.count(own) > 1
            and len(statement.words) >= 4
            and len(visible.words - statement.words) <= _TAIL_WORDS
        ):
            return Candidate(statement.text, visible.origin, visible.kind)
    return visible


def _majority(stated: list[Candidate]) -> Candidate:
    """Return the candidate with most votes, ties in the order of the kinds; a text cut short gives way to the whole."""
    plain = [folded(c.text) for c in stated]
    whole = [
        c
        for c, p in zip(stated, plain, strict=True)
        if not any(
            o != p and o.startswith(p) and (plain.count(o) > 1 or _cut_at_quote(c.text, longer.text))
            for o, longer in zip(plain, stated, strict=True)
        )
    ]
    votes = [folded(c.text) for c in whole]
    return max(whole, key=lambda c: (votes.count(folded(c.text)), -_STATED.index(c.kind)))


def _cut_at_quote(short: str, whole: str) -> bool:
    """Return whether `short` is `whole` up to a quotation mark, which ended the HTML attribute."""
    return whole.startswith(short) and whole[len(short) :].lstrip()[:1] in ('"', "'")


def _less_kicker(visible: Candidate, stated: list[Candidate]) -> Candidate:
    """Return the headline without a kicker before: metadata give the end of the headline, and never the whole."""
    plain = folded(visible.text)
    parts = {folded(statement.text): statement for statement in stated}
    if plain in parts:
        return visible
    for part, statement in parts.items():
        if plain.endswith(part) and len(statement.words) >= 3 and len(part) * 2 > len(plain):
            end = visible.text[-len(statement.text) :]
            return Candidate(end if folded(end) == part else statement.text, visible.origin, visible.kind)
    return visible
