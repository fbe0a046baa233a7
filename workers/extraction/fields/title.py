"""The title: the visible headline, without the site's name, its section or a kicker.

The candidates (h1s, Open Graph, Twitter, JSON-LD, the title element, the feed) are reconciled: what several of them
say is the headline, and the h1 that says it is the one that readers see.
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
    r"\s+[|\-–—•·:»«/~›*∙⋅¦<>]+\s+|\s*[|｜ǀㅣ¦_]\s*|\s*::\s*|(?<=[^\x00-\x7f])[-：–](?=[^\x00-\x7f])|\s*：\s*"
)
#: Han, kana and Hangul syllables are words of their own.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\w+")
#: The kinds of candidates that readers do not see, the most trusted first.
_TOLD = ("json-ld", "og", "meta", "twitter", "title", "hint")
#: What stands after the headline where the title goes on.
_TAIL = re.compile(r"\s*[-|–—·•_｜ㅣ:：/»]+\s*\S{1,40}(?:\s\S{1,20}){0,5}$")
#: Shared words (Dice) from which a heading is the headline that the metadata mean, and from which it is the same text.
_AGREE = 0.3
_SAME = 0.85
#: Words of a button or label that runs on from a heading.
_TAIL_WORDS = 3
#: Letters of a word that is no article or preposition, in scripts without spaces as many characters.
_LONG_WORD = 4
_LONGEST = 400
#: Blocks above the text among which a headline is looked for that nothing else names, and how long it may be.
_ABOVE, _LINE = 4, 120
#: A line with a date, a time, an address or counters, or one that breaks off ("Loading …").
_NO_HEADLINE = re.compile(r"\d{1,2}:\d\d|(?:19|20)\d\d\s?[-/.年]|://|www\.|\(\d+\)|>|\||[…。：:]\s*$")
#: What stands in one line for the break between two.
_LINE_BREAK = re.compile(r"(?<=\w)(?::|\s+[–—|-])\s")
_OUTSIDE = frozenset({"nav", "footer", "aside", "dialog", "form"})


@dataclass(frozen=True)
class Candidate:
    """A text that may be the title, as found and less the site's name."""

    text: str
    origin: Origin
    kind: str

    @property
    def words(self) -> frozenset[str]:
        """Its words, folded."""
        return words(self.text)


def words(text: str) -> frozenset[str]:
    """The words of `text`, folded; each Han, kana or Hangul character is one."""
    return frozenset(_WORD.findall(text.casefold()))


def find_title(document: Document, site: SiteMemory = UNKNOWN) -> Found[str] | None:
    """The headline of `document`."""
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
    """All candidates, those without a word left out."""
    structured = document.structured
    names = structured.site_names | site.names
    sections = _sections(document)
    found: list[tuple[str, Origin, str]] = [(text, "meta", "og") for text in structured.metas("og:title")[:1]]
    found += [(text, "meta", "twitter") for text in structured.metas("twitter:title", "twitter:text:title")[:1]]
    found += [(text, "meta", "meta") for text in structured.metas(*table("meta_names")["title"])[:1]]
    if text := structured.jsonld.text(structured.article, "headline", "name"):
        found.append((text, "json-ld", "json-ld"))
    told = {folded(text) for text, _, _ in found}
    for h1 in structured.parts.h1[:8]:
        if not any(a.tag in _OUTSIDE for a in h1.iterancestors()) and not _leads_home(h1):
            found.append((_without_kicker(h1, document, told), "html", "h1"))
    for element in structured.parts.items:
        if "headline" in (element.get("itemprop") or "").split() and element.tag not in ("meta", "h1"):
            found.append((_without_kicker(element, document, told), "html", "itemprop"))
            break
    else:
        if text := structured.microdata.text(structured.item, "headline"):
            found.append((text, "html", "itemprop"))
    if structured.parts.title:
        found.append((structured.parts.title, "html", "title"))
    if document.hints.title:
        found.append((document.hints.title, "sitemap" if document.hints.origin == "sitemap" else "feed", "hint"))
    if not any(kind == "h1" for _, _, kind in found):
        found += [(text, "html", "heading") for text in _headings(document, told)]
    plain = {folded(text) for text, _, _ in found}
    headlines = {folded(text) for text, _, kind in found if kind == "h1"} & told
    out: list[Candidate] = []
    for text, origin, kind in found:
        text = one_line(text)
        if not text or len(text) > _LONGEST or folded(text) in names or not words(text):
            continue
        out.append(Candidate(without_site(text, names, sections, plain, headlines), origin, kind))
    texts = [candidate.text for candidate in out]
    return [Candidate(_shortest(c.text, texts), c.origin, c.kind) if c.kind in _TOLD else c for c in out]


def _leads_home(h1: html.HtmlElement) -> bool:
    """Whether this is the site's name on its front page's link."""
    return any(link.get("href") in ("/", "./", "#") or (link.get("rel") or "") == "home" for link in h1.iter("a"))


def _without_kicker(heading: html.HtmlElement, document: Document, told: set[str]) -> str:
    """The text of `heading` less what its class calls a kicker, unless the metadata give the two as one headline."""
    text = visible_text(heading)
    for kicker in document.structured.parts.marked.get("kicker", ()):
        if any(a is heading for a in kicker.iterancestors()):
            above = visible_text(kicker)
            rest = text.removeprefix(above).lstrip(" :–—-|/")
            if rest != text and len(words(rest)) >= 2 and (folded(rest) in told or folded(text) not in told):
                return rest
    return text


def _headings(document: Document, told: set[str]) -> Iterator[str]:
    """Second-rate headings, for pages without an h1 of their own: h2 and what its class calls a headline.

    A part of one that metadata give as the title stands for itself too: what is before it in the same box is a kicker.
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
        if any(plain.endswith(title) and title != plain for title in told):
            for inner in element.iterdescendants(etree.Element):
                if folded(part := visible_text(inner, 300)) in told:
                    yield part
                    break


def _shortest(text: str, others: list[str]) -> str:
    """`text`, or the candidate that it is with something after a separator (a section, a site that gave no name)."""
    for other in others:
        if (
            len(other) < len(text)
            and text.startswith(other)
            and len(words(other)) >= 3
            and _TAIL.match(text[len(other) :])
        ):
            return other
    return text


def without_site(
    title: str, names: frozenset[str], sections: frozenset[str], others: set[str], headlines: set[str]
) -> str:
    """`title` less the site's name and section at its ends; what is another candidate by itself is the title.

    One of `headlines`, what both an h1 and the metadata say, may begin with the site's name: it is about the site.
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
    plain = folded(text)
    if not plain or plain in names or plain in sections:
        return True
    if len(words(text)) > 7:
        return False
    return any(len(name) > 3 and (name in plain or (len(plain) > 3 and plain in name)) for name in names)


def _sections(document: Document) -> frozenset[str]:
    structured = document.structured
    found = [*structured.metas("article:section"), *structured.metas("parsely-section"), *structured.metas("section")]
    found += [str(v) for v in structured.jsonld.all(structured.article, "articleSection") if isinstance(v, str)]
    return frozenset(folded(text) for text in found)


def overlap(a: frozenset[str], b: frozenset[str]) -> float:
    """How much two titles share, from 0 to 1 (Dice)."""
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0


def choose(candidates: list[Candidate]) -> Candidate | None:
    """The h1 that agrees with the metadata, else another heading that says the same, else what most of them say."""
    told = [c for c in candidates if c.kind in _TOLD]
    seen = [c for c in candidates if c.kind in ("h1", "itemprop")]
    if not told:
        return max(seen, key=lambda c: len(c.words)) if seen else None
    if seen:
        best = max(seen, key=lambda c: _agreement(c, told))
        if _agreement(best, told) >= _AGREE:
            if best.kind == "itemprop" and len({c.words for c in told}) == 1 and len(told) > 2:
                return told[0]  # no h1, and all metadata say the same
            return _punctuated(_less_kicker(best, told), told)
    headings = [
        c for c in (_less_kicker(c, told) for c in candidates if c.kind == "heading") if _agreement(c, told) >= _SAME
    ]
    if headings:
        best = max(headings, key=lambda c: _agreement(c, told))
        shared = {folded(c.text) for c in told if c.kind == "og"}
        if alone := [c for c in headings if _is_end(c, best) and folded(c.text) in shared]:
            return alone[0]
        # where the metadata agree on a kicker with the headline, that is how it is published
        most = _majority(told)
        return most if folded(most.text).endswith(folded(best.text)) else _punctuated(_less_tail(best, told), told)
    for candidate in seen:
        if len(candidate.words) >= 4 and any(_speaks_of(candidate, other) for other in told):
            return candidate
    return _majority(told)


def _agreement(candidate: Candidate, others: list[Candidate]) -> float:
    return max(overlap(candidate.words, other.words) for other in others)


def _speaks_of(seen: Candidate, other: Candidate) -> bool:
    """Whether the two share more than an article or a preposition."""
    shared = seen.words & other.words
    return any(len(word) >= _LONG_WORD for word in shared) or sum(not word.isascii() for word in shared) >= _LONG_WORD


def _is_end(part: Candidate, whole: Candidate) -> bool:
    """Whether `part` is `whole` without what stands before it."""
    one, other = folded(part.text), folded(whole.text)
    return one != other and other.endswith(one) and len(part.words) >= 3


def _punctuated(seen: Candidate, told: list[Candidate]) -> Candidate:
    """`seen` as metadata write it, where they part with a colon or dash what the page shows on two lines."""
    words = _WORD.findall(seen.text)
    for other in told:
        if _WORD.findall(other.text) == words and any(
            mark[0].strip() and mark[0].strip() not in seen.text for mark in _LINE_BREAK.finditer(other.text)
        ):
            return Candidate(other.text, seen.origin, seen.kind)
    return seen


def _less_tail(seen: Candidate, told: list[Candidate]) -> Candidate:
    """The heading less a few words after what Open Graph and the title element both give: a button's, a label's."""
    plain = folded(seen.text)
    votes = [folded(other.text) for other in told]
    for other in told:
        own = folded(other.text)
        if (
            len(own) < len(plain)
            and plain.startswith(own)
            and votes.count(own) > 1
            and len(other.words) >= 4
            and len(seen.words - other.words) <= _TAIL_WORDS
        ):
            return Candidate(other.text, seen.origin, seen.kind)
    return seen


def _majority(told: list[Candidate]) -> Candidate:
    """What most of `told` say, ties in the order of their kinds; a text cut short gives way to the whole one."""
    plain = [folded(c.text) for c in told]
    whole = [
        c
        for c, p in zip(told, plain, strict=True)
        if not any(
            o != p and o.startswith(p) and (plain.count(o) > 1 or _cut_at_quote(c.text, other.text))
            for o, other in zip(plain, told, strict=True)
        )
    ]
    votes = [folded(c.text) for c in whole]
    return max(whole, key=lambda c: (votes.count(folded(c.text)), -_TOLD.index(c.kind)))


def _cut_at_quote(short: str, whole: str) -> bool:
    """Whether `short` is `whole` up to a quotation mark that ended the attribute it was written into."""
    return whole.startswith(short) and whole[len(short) :].lstrip()[:1] in ('"', "'")


def _less_kicker(seen: Candidate, told: list[Candidate]) -> Candidate:
    """The headline less a kicker before it: its end is what the metadata give, and none gives the whole."""
    plain = folded(seen.text)
    parts = {folded(other.text): other for other in told}
    if plain in parts:
        return seen
    for part, other in parts.items():
        if plain.endswith(part) and len(other.words) >= 3 and len(part) * 2 > len(plain):
            end = seen.text[-len(other.text) :]
            return Candidate(end if folded(end) == part else other.text, seen.origin, seen.kind)
    return seen
