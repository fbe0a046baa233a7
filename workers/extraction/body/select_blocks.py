"""Which blocks are the article: trafilatura's verdict and the learned model together, then guards and duplicates."""

from __future__ import annotations

from dataclasses import dataclass

from lxml.etree import _Element

from schemas.article import RemovedKind
from workers.extraction.body.features import table
from workers.extraction.body.head_texts import HeadTexts
from workers.extraction.body.model import Forest, forest
from workers.extraction.body.trafilatura_text import verdict
from workers.extraction.reading.block_measures import Measured, MeasuredPage, nearest
from workers.extraction.reading.blocks import TextBlock, segment
from workers.extraction.reading.tokens import Shingle, shingles

#: A block is kept from this score on.
KEEP = 0.5
#: A paragraph of more than this many words that trafilatura takes too is kept from a lower score on: of the two, losing
#: text of the story is the worse mistake. Where no block reaches the higher score there is no story that could lose it.
_TAKEN_WORDS = 15
_KEEP_TAKEN = 0.4
#: The model must not throw most of a long verdict away: below this share of its words, blocks that trafilatura
#: takes come back unless the model is nearly certain.
_GUARD_WORDS = 250
_GUARD_SHARE = 0.35
_GUARD_SCORE = 0.08
#: A block repeats an earlier one when more than this share of its five-word runs was there before.
_REPEAT_SHARE = 0.8
_REPEAT_WORDS = 12
#: The model's score tells a paragraph from the caption or link that says the same by so much, at least.
_LIKELIER = 0.2
SAID_BEFORE, SAID_LATER = "said before", "said by a likelier block"
#: A pull quote says, in a box of its own, words of the text again: so many.
_PULLED_WORDS = range(5, 46)
_PULLED_BOXES = frozenset(("blockquote", "aside", "figure"))
#: Boxes around a block in which such a box is looked for.
_REACH = 4


@dataclass(slots=True)
class DecidedBlock:
    """A block and what became of it. `kind` is None while it is kept, or removed for a reason without a name."""

    measured: Measured
    score: float
    kept: bool
    reason: str
    kind: RemovedKind | None = None

    @property
    def block(self) -> TextBlock:
        """The block itself."""
        return self.measured.block

    @property
    def text(self) -> str:
        """The block's text."""
        return self.measured.block.text

    def remove(self, kind: RemovedKind, reason: str) -> None:
        """Take the block out of the article."""
        self.kept, self.kind, self.reason = False, kind, reason


@dataclass(slots=True)
class Selection:
    """Every block of a page, judged, in page order."""

    page: MeasuredPage
    decided: list[DecidedBlock]

    def kept(self) -> list[DecidedBlock]:
        """The article's blocks."""
        return [block for block in self.decided if block.kept]

    def kept_size(self) -> int:
        """How much text that is, in characters of Latin text."""
        return sum(block.measured.size for block in self.decided if block.kept)


def select_blocks(root: _Element, head_texts: HeadTexts, model: Forest | None = None) -> Selection:
    """Judge every text block under `root` by `model`, the shipped one when None."""
    page = MeasuredPage(segment(root))
    page.set_verdict(verdict(root, page.running_size, len(page.blocks)))
    candidates = page.candidates()
    model = model or forest()
    scores = model.scores(table(page, candidates, head_texts, model.features)) if candidates else []
    decided = [
        DecidedBlock(measured, 0.0, False, "in a box that no article is in", measured.apart)
        if measured.apart
        else DecidedBlock(measured, 0.0, False, "too little text, or links, for an article")
        for measured in page.blocks
    ]
    least = _KEEP_TAKEN if max(scores, default=0.0) >= KEEP else KEEP
    for index, score in zip(candidates, scores, strict=True):
        one = decided[index]
        one.score = score
        taken = one.measured.coverage > 0.5 and len(one.measured.words) > _TAKEN_WORDS
        one.kept = score >= (least if taken else KEEP)
        one.reason = "the model" if one.kept else "the model against it"
    _decide_tables(decided)
    _guard(decided)
    drop_repeats(decided)
    return Selection(page, decided)


def _decide_tables(decided: list[DecidedBlock]) -> None:
    """A table is kept or removed as a whole, by the mean of its rows that were scored."""
    tables: dict[int, list[DecidedBlock]] = {}
    for one in decided:
        if one.block.tag == "tr":
            box = next((box for box in one.block.boxes if box.tag == "table"), one.block.holder)
            tables.setdefault(box.number, []).append(one)
    for rows_ in tables.values():
        scored = [one.score for one in rows_ if one.score]
        mean = sum(scored) / len(scored) if scored else 0.0
        for one in rows_:
            one.kept, one.reason = mean >= KEEP, f"its table scores {mean:.2f}"


def _guard(decided: list[DecidedBlock]) -> None:
    taken = sum(len(one.measured.words) for one in decided if one.measured.coverage > 0.5)
    kept = sum(len(one.measured.words) for one in decided if one.kept)
    if taken <= _GUARD_WORDS or kept >= _GUARD_SHARE * taken:
        return
    for one in decided:
        if not one.kept and one.measured.coverage > 0.5 and one.score > _GUARD_SCORE:
            one.kept, one.reason = True, "taken by trafilatura, and the model left too little"


def drop_repeats(decided: list[DecidedBlock]) -> None:
    """Leave out what an earlier block of the article has said; of two that say the same, the far likelier one stays."""
    seen: dict[str, DecidedBlock] = {}
    known: dict[Shingle, DecidedBlock] = {}
    for one in decided:
        words = one.measured.words
        if not one.kept or len(words) <= 8:
            continue
        runs = shingles(words, 5)
        before = [seen[one.text]] if one.text in seen else []
        if not before and len(words) > _REPEAT_WORDS:
            before = [known[run] for run in runs if run in known]
            before = before if len(before) > _REPEAT_SHARE * len(runs) else []
        if before and not _says_the_same(before, runs, one.score - _LIKELIER):
            one.remove("other", SAID_BEFORE)
            continue
        if before:
            before[0].remove("other", SAID_LATER)
        seen[one.text] = one
        known.update(dict.fromkeys(runs, one))
    _drop_pulled(decided)


def _says_the_same(before: list[DecidedBlock], runs: list[Shingle], score: float) -> bool:
    """Whether `before` is one block only, below `score`, and most of it is in `runs`."""
    first = before[0]
    own = set(shingles(first.measured.words, 5))
    alone = all(other is first for other in before)
    return alone and first.score < score and len(own.intersection(runs)) > _REPEAT_SHARE * len(own)


def _drop_pulled(decided: list[DecidedBlock]) -> None:
    """Take out quotes that were pulled out of the text: the paragraph that they were pulled from has them."""
    pulled = [
        one
        for one in decided
        if one.kept
        and len(one.measured.words) in _PULLED_WORDS
        and any(box is not None and box.tag in _PULLED_BOXES for box in nearest(one.block.box, _REACH))
    ]
    if not pulled:
        return
    told = [(one, _said(one)) for one in decided if one.kept]
    for one in pulled:
        said = _said(one)
        if any(len(text) > len(said) and said in text for other, text in told if other.kept):
            one.remove("other", SAID_BEFORE)


def _said(one: DecidedBlock) -> str:
    return " ".join(["", *one.measured.words, ""]).casefold()
