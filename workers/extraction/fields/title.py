"""The title: the visible headline, without the site's name, its section or a kicker.

The candidates (h1s, Open Graph, Twitter, JSON-LD, the title element, the feed) are reconciled: what several of them say is the
headline, and the h1 that says it is the one that readers see.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from schemas.text import one_line
from schemas.timestamp import Origin
from workers.extraction.document import Document
from workers.extraction.draft import Found
from workers.extraction.fields.site import folded, site_names
from workers.extraction.structured.text import visible_text

_SEPARATOR = re.compile(r"\s+[|\-–—•·:»«/~›*∙⋅¦<>]+\s+|\s*[|｜ǀㅣ¦_]\s*|\s*::\s*|(?<=[^\x00-\x7f])[-：–](?=[^\x00-\x7f])|\s*：\s*")
#: Han, kana and Hangul syllables are words of their own.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\w+")
_AGREE = 0.3
_LONGEST = 400
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


def find_title(document: Document) -> Found[str] | None:
    """The headline of `document`."""
    candidates = gather(document)
    best = choose(candidates)
    return Found(best.text, best.origin) if best else None


def gather(document: Document) -> list[Candidate]:
    """All candidates, those without a word left out."""
    structured = document.structured
    names = site_names(document)
    sections = _sections(document)
    found: list[tuple[str, Origin, str]] = []
    for h1 in structured.parts.h1[:8]:
        if not any(a.tag in _OUTSIDE for a in h1.iterancestors()):
            found.append((visible_text(h1), "html", "h1"))
    for element in structured.parts.items:
        if (element.get("itemprop") or "") in ("headline", "name headline", "headline name") and element.tag not in ("meta", "h1"):
            found.append((visible_text(element), "html", "itemprop"))
            break
    found += [(text, "meta", "og") for text in structured.metas("og:title")[:1]]
    found += [(text, "meta", "twitter") for text in structured.metas("twitter:title", "twitter:text:title")[:1]]
    found += [(text, "meta", "meta") for text in structured.metas("parsely-title", "sailthru.title", "dc.title", "headline", "cxenseparse:title", "title")[:1]]
    if text := structured.jsonld.text(structured.article, "headline", "name"):
        found.append((text, "json-ld", "json-ld"))
    elif text := structured.microdata.text(structured.item, "headline"):
        found.append((text, "html", "itemprop"))
    if structured.parts.title:
        found.append((structured.parts.title, "html", "title"))
    if document.hints.title:
        found.append((document.hints.title, "sitemap" if document.hints.origin == "sitemap" else "feed", "hint"))
    plain = {folded(text) for text, _, _ in found}
    out: list[Candidate] = []
    for text, origin, kind in found:
        text = one_line(text)
        if not text or len(text) > _LONGEST or folded(text) in names or not words(text):
            continue
        cut = without_site(text, names, sections, plain)
        out.append(Candidate(cut, origin, kind))
    return out


def without_site(title: str, names: frozenset[str], sections: frozenset[str], others: set[str]) -> str:
    """`title` less the site's name and sections before or after a separator; what is another candidate by itself is the title."""
    changed = True
    while changed:
        changed = False
        cuts = list(_SEPARATOR.finditer(title))
        for cut in cuts:
            head, tail = title[: cut.start()].strip(), title[cut.end() :].strip()
            if len(words(head)) >= 2 and folded(head) in others and folded(head) not in names and len(words(tail)) <= 8 and _names_site(tail, names, sections):
                return head
        if not cuts:
            return title
        head, tail = title[: cuts[-1].start()].strip(), title[cuts[-1].end() :].strip()
        if head and _names_site(tail, names, sections):
            title, changed = head, True
            continue
        head, tail = title[: cuts[0].start()].strip(), title[cuts[0].end() :].strip()
        if tail and folded(head) in names:
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
    """The h1 that agrees with the metadata, else what the metadata agree on."""
    if not candidates:
        return None
    said = [c for c in candidates if c.kind not in ("h1", "title", "itemprop")] or [c for c in candidates if c.kind == "title"]
    seen = [c for c in candidates if c.kind in ("h1", "itemprop")]
    if seen and (said or len(seen) == 1):
        others = said + [c for c in candidates if c.kind == "title"]
        best = max(seen, key=lambda c: max((overlap(c.words, o.words) for o in others), default=1.0))
        if not others or max(overlap(best.words, o.words) for o in others) >= _AGREE:
            return _less_kicker(best, said)
    order = {"json-ld": 1, "og": 0, "twitter": 2, "meta": 3, "hint": 4, "title": 5, "h1": 6, "itemprop": 6}
    return min(candidates, key=lambda c: order[c.kind])


def _less_kicker(seen: Candidate, said: list[Candidate]) -> Candidate:
    """The headline without the kicker that stands before it in the same h1: what the metadata give is its end."""
    plain = folded(seen.text)
    for other in said:
        part = folded(other.text)
        if part != plain and plain.endswith(part) and len(other.words) >= 3 and len(part) * 2 > len(plain):
            return Candidate(seen.text[-len(other.text) :] if folded(seen.text[-len(other.text) :]) == part else other.text, seen.origin, seen.kind)
    return seen
