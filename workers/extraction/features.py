"""What the model is told about a block: numbers about the block, its place, its neighbours and what trafilatura says.

All arithmetic is plain Python on integers and ratios, so the same page gives the same numbers on every machine.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from lxml.etree import _Element

from workers.cleaning.phrases import phrases
from workers.extraction.blocks import TextBlock
from workers.extraction.clues import Clues
from workers.extraction.tokens import Shingle, shingles, size_of, tokens
from workers.extraction.vocabulary import NAMES, PROMISE, VOCABULARY

#: "Running text": what a page's article is made of, and its furniture is not.
RUNNING_SIZE = 80
RUNNING_LINKS = 0.4

_SENTENCE_END = re.compile(r"[.!?…。！？｡؟۔।።။៕](?=[\s\"'”’»)\]」』]|$)|[。！？｡]")
_FINAL = tuple('.!?…。！？؟۔।።။៕"”’»」』）)]')
_COMMA = re.compile("[,;，、；،؛]")
_QUOTE = re.compile('["“”„«»「」『』‘’]')
_DIGIT = re.compile(r"\d")
_DATE = re.compile(
    r"\b\d{1,2}[./:-]\d{1,2}[./-]?(?:\d{2,4})?\b|\b(?:19|20)\d\d\b|\b\d{1,2}:\d\d\b|\d{1,2}\s?[日月]|[년월일]\s"
)
_SYMBOL = re.compile(r"[|•·©@#►▶»›→/]|https?:")

_TAGS = {
    tag: code
    for code, names in enumerate(
        (
            "p",
            "div",
            "li",
            "h1",
            "h2",
            "h3",
            "h4 h5 h6",
            "td tr th",
            "figcaption",
            "blockquote",
            "span a",
            "dt dd",
            "section article",
            "header",
            "time",
            "pre code",
        )
    )
    for tag in names.split()
}
#: Ancestors that say something: how many levels up the nearest one is.
_LANDMARKS = (
    "figure",
    "figcaption",
    "aside",
    "footer",
    "header",
    "nav",
    "article",
    "main",
    "section",
    "blockquote",
    "li",
    "td",
    "form",
    "p",
)
#: Which tables of phrases (workers/cleaning/phrases) say something about a block.
_SAID_AT_START = ("byline", "credit", "related")
_SAID_ANYWHERE = ("newsletter", "promo", "copyright", "paywall", "author_bio", "caption")
_FAR = 12  # "no such ancestor within reach"


@dataclass(slots=True)
class Measured:
    """A block with its own numbers."""

    block: TextBlock
    words: list[str]
    size: int
    link_density: float
    coverage: float  # share of the block in trafilatura's text
    running: bool


class Page:
    """A page's blocks, measured; `rows` gives the model's input."""

    def __init__(self, blocks: list[TextBlock]) -> None:
        self.blocks: list[Measured] = []
        for block in blocks:
            size = size_of(block.text)
            density = min(1.0, block.linked / max(1, len(block.text)))
            self.blocks.append(
                Measured(block, tokens(block.text), size, density, 0.0, size > RUNNING_SIZE and density < RUNNING_LINKS)
            )
        self.running_size = sum(m.size for m in self.blocks if m.running)
        self.verdict_size = 0

    def judge(self, verdict: str) -> None:
        """Note how much of each block is in trafilatura's text."""
        self.verdict_size = size_of(verdict)
        known = _known(verdict)
        for m in self.blocks:
            m.coverage = _coverage(m.words, known)

    @cached_property
    def signatures(self) -> tuple[list[int], list[int], list[int]]:
        """Each holder's path of tags and classes as a number, and its parent's and grandparent's."""
        numbers: dict[tuple[int, str, str], int] = {}
        known: dict[int, int] = {}
        own, parents, grands = [], [], []
        for m in self.blocks:
            trail = [0, 0, 0]
            above = 0
            for element in m.block.path:
                key = id(element)
                number = known.get(key)
                if number is None:
                    name = (above, element.tag, _stem(element.get("class")))
                    number = known[key] = numbers.setdefault(name, len(numbers) + 1)
                above = number
                trail.append(number)
                if element is m.block.holder:
                    break
            own.append(trail[-1])
            parents.append(trail[-2])
            grands.append(trail[-3])
        return own, parents, grands

    def candidates(self) -> list[int]:
        """The blocks that may be part of the article: what trafilatura takes, and what could be running text."""
        holding: Counter[int] = Counter()
        for m in self.blocks:
            if m.running:
                for element in _above(m.block, 2):
                    holding[id(element)] += m.size
        enough = 0.2 * self.running_size
        return [
            m.block.index
            for m in self.blocks
            if m.coverage > 0.2
            or (
                m.link_density < 0.5 and (len(m.words) > 15 or any(holding[id(e)] > enough for e in _above(m.block, 2)))
            )
        ]


_Known = tuple[set[Shingle], set[Shingle]]


def _known(text: str) -> _Known:
    whole: set[Shingle] = set()
    short: set[Shingle] = set()
    for line in text.split("\n"):
        words = tokens(line)
        if len(words) <= 4:
            if words:
                short.add(tuple(words))
        else:
            whole.update(shingles(words))
    return whole, short


def _coverage(words: list[str], known: _Known) -> float:
    parts = shingles(words)
    if not parts:
        return 0.0
    if len(words) <= 4:
        return 1.0 if parts[0] in known[1] or (len(words) == 4 and parts[0] in known[0]) else 0.0
    whole = known[0]
    return sum(part in whole for part in parts) / len(parts)


def _above(block: TextBlock, levels: int) -> list[_Element]:
    """The holder's nearest `levels` ancestors."""
    path = block.path
    at = len(path) - 1
    while at >= 0 and path[at] is not block.holder:
        at -= 1
    return path[max(0, at - levels) : at][::-1]


def rows(page: Page, candidates: list[int], clues: Clues, names: Sequence[str] | None = None) -> list[list[float]]:
    """The model's input: one row a candidate, its features in the order of `names` (all of them when None)."""
    described = describe(page, candidates, clues)
    return [[row[name] for name in names or row] for row in described]


def describe(page: Page, candidates: list[int], clues: Clues) -> list[dict[str, float]]:
    """Every feature of every candidate by name."""
    reader = _Reader(page, candidates, clues)
    return [reader.row(position, index) for position, index in enumerate(candidates)]


class _Reader:
    def __init__(self, page: Page, candidates: list[int], clues: Clues) -> None:
        self.page = page
        self.clues = clues
        self.candidates = candidates
        blocks = page.blocks
        self.total = max(1, page.running_size)
        self.page_size = max(1, sum(m.size for m in blocks))
        self.before: list[int] = []  # size of all text before each block
        at = 0
        for m in blocks:
            self.before.append(at)
            at += m.size
        self.sigs, self.parent_sigs, self.grand_sigs = page.signatures
        self.sig_running: Counter[int] = Counter()
        self.parent_sig_running: Counter[int] = Counter()
        self.grand_sig_running: Counter[int] = Counter()
        self.sig_count: Counter[int] = Counter()
        self.sig_cover: defaultdict[int, float] = defaultdict(float)
        self.sig_size: Counter[int] = Counter()
        self.sig_linked: defaultdict[int, float] = defaultdict(float)
        self.under_running: Counter[int] = Counter()
        self.under_size: Counter[int] = Counter()
        self.under_count: Counter[int] = Counter()
        self.under_linked: defaultdict[int, float] = defaultdict(float)
        self.under_cover: defaultdict[int, float] = defaultdict(float)
        self.copies: Counter[str] = Counter()
        for m, sig, parent, grand in zip(blocks, self.sigs, self.parent_sigs, self.grand_sigs, strict=True):
            covered = m.coverage * m.size
            linked = m.link_density * m.size
            self.sig_count[sig] += 1
            self.sig_size[sig] += m.size
            self.sig_cover[sig] += covered
            self.sig_linked[sig] += linked
            if m.running:
                self.sig_running[sig] += m.size
                self.parent_sig_running[parent] += m.size
                self.grand_sig_running[grand] += m.size
            for element in m.block.path:
                key = id(element)
                self.under_size[key] += m.size
                self.under_count[key] += 1
                self.under_linked[key] += linked
                self.under_cover[key] += covered
                if m.running:
                    self.under_running[key] += m.size
            self.copies[m.block.text] += 1
        kept = [m.block.index for m in blocks if m.coverage > 0.5]
        long_kept = [m.block.index for m in blocks if m.coverage > 0.5 and m.running]
        self.first_kept = long_kept[0] if long_kept else (kept[0] if kept else 0)
        self.last_kept = long_kept[-1] if long_kept else (kept[-1] if kept else len(blocks))
        self.kept = kept
        self.main = self._main()
        self.main_ids = {id(e) for e in self.main}
        self.titles = [set(_fold(tokens(title))) for title in clues.titles]
        self.descriptions = [_known_words(text) for text in clues.descriptions]
        self.names = [name.casefold() for name in clues.authors if len(name) > 3]
        self.stated = _known(clues.article_body) if clues.article_body else None
        self.h1 = next((m.block.index for m in blocks if m.block.tag == "h1"), -1)
        self.title_at = self._title_at()
        self.marks: dict[int, tuple[frozenset[str], str]] = {}

    def _main(self) -> list[_Element]:
        """The path to the lowest element that holds most of what trafilatura takes (or of the running text)."""
        weight: dict[int, float] = self.under_cover if self.page.verdict_size > 200 else dict(self.under_running)
        whole = max(weight.values(), default=0)
        best: list[_Element] = []
        for m in self.page.blocks:
            if not m.running:
                continue
            path = m.block.path
            depth = 0
            while depth < len(path) and weight.get(id(path[depth]), 0) >= 0.6 * whole:
                depth += 1
            if depth > len(best):
                best = path[:depth]
        return best

    def _title_at(self) -> int:
        best, at = 0.6, -1
        for m in self.page.blocks[:400]:
            if 2 <= len(m.words) <= 40 and m.link_density < 0.6:
                words = set(_fold(m.words))
                for title in self.titles:
                    if title:
                        alike = len(words & title) / len(words | title)
                        if alike > best or (alike == best and m.block.tag == "h1"):
                            best, at = alike, m.block.index
        return at

    def mark(self, element: _Element) -> tuple[frozenset[str], str]:
        key = id(element)
        known = self.marks.get(key)
        if known is None:
            names = f"{element.get('class') or ''} {element.get('id') or ''}".lower()
            found = frozenset(PROMISE[word] for word in NAMES.findall(names)) if len(names) > 1 else frozenset()
            if element.get("hidden") is not None or "none" in (element.get("style") or ""):
                found |= {"hidden"}
            known = self.marks[key] = (found, element.tag)
        return known

    def row(self, position: int, index: int) -> dict[str, float]:
        page, blocks = self.page, self.page.blocks
        m = blocks[index]
        block = m.block
        text, words = block.text, m.words
        n = len(words)
        length = len(text)
        row: dict[str, float] = {}
        ends = len(_SENTENCE_END.findall(text))
        upper = sum(word[0].isupper() for word in words)
        row["size"] = m.size
        row["words"] = n
        row["link_density"] = m.link_density
        row["links"] = sum(1 for run in block.runs if run[1] is not None)
        row["bold"] = block.bold / length
        row["italic"] = block.italic / length
        row["breaks"] = block.breaks
        row["sentences"] = ends
        row["final"] = text.endswith(_FINAL)
        row["colon"] = text.endswith((":", "：")) - 2 * text.endswith(("...", "…"))
        row["lower_start"] = text[:1].islower()
        row["capitals"] = upper / max(1, n)
        row["shouted"] = text.isupper()
        row["digits"] = len(_DIGIT.findall(text)) / length
        row["word_length"] = sum(map(len, words)) / max(1, n)
        row["commas"] = len(_COMMA.findall(text)) * 100 / length
        row["quotes"] = len(_QUOTE.findall(text))
        row["dates"] = len(_DATE.findall(text)) / max(1, n)
        row["symbols"] = len(_SYMBOL.findall(text))
        row["brackets"] = text.startswith(("(", "[", "（", "【", "*"))
        row["dash_start"] = text.startswith(("-", "–", "—", "•", "·", "►", "▶", ">"))
        row["tag"] = _TAGS.get(block.tag, 20)
        row["inline_only"] = _TAGS.get(block.element.tag, 20) if block.element is not block.holder else -1
        row["copies"] = self.copies[text]
        folded = text.casefold().replace("’", "'").strip(" >»▶►→|•·*-–—[]【】")
        for kind in _SAID_AT_START:
            row[f"says_{kind}"] = n <= 60 and phrases(kind).starts(folded) is not None
        for kind in _SAID_ANYWHERE:
            row[f"says_{kind}"] = n <= 90 and phrases(kind).anywhere(folded) is not None
        row["says_photo"] = n <= 60 and phrases("credit").photo(folded) is not None
        row["says_contributors"] = n <= 60 and phrases("credit").anywhere(folded) is not None
        # place
        row["place"] = index / len(blocks)
        row["place_text"] = self.before[index] / self.page_size
        row["after_h1"] = index - self.h1 if self.h1 >= 0 else -999
        row["after_title"] = index - self.title_at if self.title_at >= 0 else -999
        row["after_title_text"] = self.before[index] - self.before[self.title_at] if self.title_at >= 0 else -9999
        row["after_first"] = index - self.first_kept
        row["before_last"] = self.last_kept - index
        row["after_first_text"] = self.before[index] - self.before[self.first_kept]
        row["before_last_text"] = (
            self.before[self.last_kept] - self.before[index] if self.last_kept < len(blocks) else 9999
        )
        row["candidate"] = position / len(self.candidates)
        row["candidates_left"] = len(self.candidates) - position
        # trafilatura
        row["cover"] = m.coverage
        for step in (-4, -3, -2, -1, 1, 2, 3, 4):
            row[f"cover{step:+d}"] = blocks[index + step].coverage if 0 <= index + step < len(blocks) else -1
        near = blocks[max(0, index - 6) : index + 7]
        weight = sum(other.size for other in near)
        row["cover_near"] = sum(other.coverage * other.size for other in near) / weight
        row["running_near"] = sum(other.size for other in near if other.running) / weight
        row["links_near"] = sum(other.link_density * other.size for other in near) / weight
        # neighbours
        for step in (-2, -1, 1, 2):
            if 0 <= index + step < len(blocks):
                other = blocks[index + step]
                row[f"size{step:+d}"] = other.size
                row[f"links{step:+d}"] = other.link_density
                row[f"tag{step:+d}"] = _TAGS.get(other.block.tag, 20)
                row[f"same{step:+d}"] = (
                    2
                    if self.sigs[index + step] == self.sigs[index]
                    else self.parent_sigs[index + step] == self.parent_sigs[index]
                )
            else:
                row[f"size{step:+d}"] = row[f"links{step:+d}"] = row[f"tag{step:+d}"] = row[f"same{step:+d}"] = -1
        # its kind on the page
        sig, parent_sig, grand_sig = self.sigs[index], self.parent_sigs[index], self.grand_sigs[index]
        row["sig_share"] = self.sig_running[sig] / self.total
        row["sig_share_parent"] = self.parent_sig_running[parent_sig] / self.total
        row["sig_share_grand"] = self.grand_sig_running[grand_sig] / self.total
        row["sig_count"] = self.sig_count[sig]
        row["sig_cover"] = self.sig_cover[sig] / max(1, self.sig_size[sig])
        row["sig_size"] = self.sig_size[sig] / self.sig_count[sig]
        row["sig_links"] = self.sig_linked[sig] / max(1, self.sig_size[sig])
        # the boxes it stands in
        path = block.path
        above = _above(block, 3)
        for name, level in (("box1", 0), ("box2", 1), ("box3", 2)):
            if level < len(above):
                key = id(above[level])
                under = self.under_size[key]
                row[f"{name}_share"] = self.under_running[key] / self.total
                row[f"{name}_count"] = self.under_count[key]
                row[f"{name}_size"] = under / self.under_count[key]
                row[f"{name}_links"] = self.under_linked[key] / under
                row[f"{name}_cover"] = self.under_cover[key] / under
            else:
                for part in ("share", "count", "size", "links", "cover"):
                    row[f"{name}_{part}"] = -1
        depth = len(path)
        common = 0
        for level, element in enumerate(path):
            if id(element) in self.main_ids:
                common = level + 1
        row["main_up"] = len(self.main) - common
        row["main_down"] = depth - common
        row["depth"] = depth
        wrapper = path[common] if common < depth else path[-1]
        key = id(wrapper)
        row["wrapper_count"] = self.under_count[key]
        row["wrapper_size"] = self.under_size[key]
        row["wrapper_links"] = self.under_linked[key] / max(1, self.under_size[key])
        row["wrapper_cover"] = self.under_cover[key] / max(1, self.under_size[key])
        row["wrapper_running"] = self.under_running[key] / self.total
        row["wrapper_tag"] = _TAGS.get(wrapper.tag, 20)
        levels = 0
        for element in reversed(path):
            if self.under_running[id(element)] > 0.2 * self.total:
                break
            levels += 1
        row["levels_to_running"] = levels
        tags: dict[str, int] = {}
        groups: dict[str, int] = {}
        for up, element in enumerate(reversed(path[-_FAR:])):
            found, tag = self.mark(element)
            if tag not in tags:
                tags[tag] = up
            for group in found:
                if group not in groups:
                    groups[group] = up
        for tag in _LANDMARKS:
            row[f"in_{tag}"] = tags.get(tag, _FAR)
        for group in (*VOCABULARY, "hidden"):
            row[f"class_{group}"] = groups.get(group, _FAR)
        # the head
        own = set(_fold(words))
        row["title_overlap"] = max(
            (len(own & title) / max(1, min(len(own), len(title))) for title in self.titles if title), default=-1
        )
        row["title_alike"] = max(
            (len(own & title) / max(1, len(own | title)) for title in self.titles if title), default=-1
        )
        inside, alike = -1.0, -1.0
        for known in self.descriptions:
            both = len(own & known)
            inside = max(inside, both / max(1, len(own)))
            alike = max(alike, both / max(1, len(own | known)))
        row["description_inside"] = inside
        row["description_alike"] = alike
        low = text.casefold()
        row["author_named"] = max((len(name) / length for name in self.names if name in low), default=0)
        row["stated"] = _coverage(words, self.stated) if self.stated else -1
        # the page
        row["page_running"] = page.running_size
        row["page_candidates"] = len(self.candidates)
        row["page_verdict"] = page.verdict_size / self.total
        row["page_links"] = sum(self.sig_linked.values()) / self.page_size
        row["page_wide"] = (m.size - length) / length
        return row


def _fold(words: list[str]) -> list[str]:
    return [word.casefold() for word in words]


def _known_words(text: str) -> set[str]:
    return set(_fold(tokens(text)))


_NUMBER = re.compile(r"[\d_-]+")


@lru_cache(maxsize=4096)
def _stem(names: str | None) -> str:
    """Class names without numbers: `par-12` and `par-13` are the same kind of element."""
    if not names:
        return ""
    return _NUMBER.sub("-", names.strip()) if _DIGIT.search(names) else names.strip()
