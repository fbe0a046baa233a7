"""Select the article's blocks: trafilatura's verdict and the trained model together, then guards and repeats."""

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
#: A paragraph of more words than this in the verdict is kept from a lower score on: losing text of the story is the
#: worse mistake. Where no block reaches the higher score, there is no story to lose.
_TAKEN_WORDS = 15
_KEEP_TAKEN = 0.4
#: The model must not discard most of a long verdict: below this share of the verdict's words, the verdict's blocks come
#: back unless the model is nearly certain.
_GUARD_WORDS = 250
_GUARD_SHARE = 0.35
_GUARD_SCORE = 0.08
#: A block repeats earlier blocks when they hold more than this share of the block's five-word runs.
_REPEAT_SHARE = 0.8
_REPEAT_WORDS = 12
#: The least difference in score by which a paragraph is told from a caption or link with the same words.
_LIKELIER = 0.2
SAID_BEFORE, SAID_LATER = "said before", "said by a likelier block"
#: A pull quote repeats words of the text in a box of its own: so many words.
_PULLED_WORDS = range(5, 46)
_PULLED_BOXES = frozenset(("blockquote", "aside", "figure"))
#: The boxes around a block to search for such a box.
_REACH = 4


@dataclass(slots=True)
class DecidedBlock:
    """A block and the decision. `kind` is None for a kept block, and for a block removed without a named reason."""

    measured: Measured
    score: float
    kept: bool
    reason: str
    kind: RemovedKind | None = None

    @property
    def block(self) -> TextBlock:
        """The block without the decision."""
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
    """Every block of a page with the decision, in page order."""

    page: MeasuredPage
    decided: list[DecidedBlock]

    def kept(self) -> list[DecidedBlock]:
        """Return the article's blocks."""
        return [block for block in self.decided if block.kept]

    def kept_size(self) -> int:
        """Return the size of the article's text, in characters of Latin text."""
        return sum(block.measured.size for block in self.decided if block.kept)


def select_blocks(root: _Element, head_texts: HeadTexts, model: Forest | None = None) -> Selection:
    """Decide every text block under `root` by `model`; None stands for the shipped model."""
    page = MeasuredPage(segment(root))
    page.set_verdict(verdict(root, page.running_size, len(page.blocks)))
    candidates = page.candidates()
    model = model or forest()
    scores = model.scores(table(page, candidates, head_texts, model.features)) if candidates else []
    decided = [
        DecidedBlock(measured, 0.0, False, "in a box that no article is in", measured.foreign)
        if measured.foreign
        else DecidedBlock(measured, 0.0, False, "too little text, or links, for an article")
        for measured in page.blocks
    ]
    least = _KEEP_TAKEN if max(scores, default=0.0) >= KEEP else KEEP
    for index, score in zip(candidates, scores, strict=True):
        decision = decided[index]
        decision.score = score
        taken = decision.measured.coverage > 0.5 and len(decision.measured.words) > _TAKEN_WORDS
        decision.kept = score >= (least if taken else KEEP)
        decision.reason = "the model" if decision.kept else "the model against it"
    _decide_tables(decided)
    _guard(decided)
    drop_repeats(decided)
    return Selection(page, decided)


def _decide_tables(decided: list[DecidedBlock]) -> None:
    """Keep or remove each table as a whole, by the mean score of the scored rows."""
    tables: dict[int, list[DecidedBlock]] = {}
    for decision in decided:
        if decision.block.tag == "tr":
            box = next((box for box in decision.block.boxes if box.tag == "table"), decision.block.holder)
            tables.setdefault(box.number, []).append(decision)
    for rows in tables.values():
        scored = [decision.score for decision in rows if decision.score]
        mean = sum(scored) / len(scored) if scored else 0.0
        for decision in rows:
            decision.kept, decision.reason = mean >= KEEP, f"its table scores {mean:.2f}"


def _guard(decided: list[DecidedBlock]) -> None:
    taken = sum(len(decision.measured.words) for decision in decided if decision.measured.coverage > 0.5)
    kept = sum(len(decision.measured.words) for decision in decided if decision.kept)
    if taken <= _GUARD_WORDS or kept >= _GUARD_SHARE * taken:
        return
    for decision in decided:
        if not decision.kept and decision.measured.coverage > 0.5 and decision.score > _GUARD_SCORE:
            decision.kept, decision.reason = True, "taken by trafilatura, and the model left too little"


def drop_repeats(decided: list[DecidedBlock]) -> None:
    """Remove each block with the words of an earlier block of the article.

    Of two such blocks, a far likelier later block stays instead.
    """
    by_text: dict[str, DecidedBlock] = {}
    by_run: dict[Shingle, DecidedBlock] = {}
    for decision in decided:
        words = decision.measured.words
        if not decision.kept or len(words) <= 8:
            continue
        runs = shingles(words, 5)
        earlier = [by_text[decision.text]] if decision.text in by_text else []
        if not earlier and len(words) > _REPEAT_WORDS:
            earlier = [by_run[run] for run in runs if run in by_run]
            earlier = earlier if len(earlier) > _REPEAT_SHARE * len(runs) else []
        if earlier and not _says_the_same(earlier, runs, decision.score - _LIKELIER):
            decision.remove("other", SAID_BEFORE)
            continue
        if earlier:
            earlier[0].remove("other", SAID_LATER)
        by_text[decision.text] = decision
        by_run.update(dict.fromkeys(runs, decision))
    _drop_pulled(decided)


def _says_the_same(earlier: list[DecidedBlock], runs: list[Shingle], score: float) -> bool:
    """Return whether `earlier` is a single block, below `score`, with most of its runs in `runs`."""
    first = earlier[0]
    own = set(shingles(first.measured.words, 5))
    alone = all(decision is first for decision in earlier)
    return alone and first.score < score and len(own.intersection(runs)) > _REPEAT_SHARE * len(own)


def _drop_pulled(decided: list[DecidedBlock]) -> None:
    """Remove quotes pulled out of the text: the paragraph of the quote holds the words, too."""
    pulled = [
        decision
        for decision in decided
        if decision.kept
        and len(decision.measured.words) in _PULLED_WORDS
        and any(box is not None and box.tag in _PULLED_BOXES for box in nearest(decision.block.box, _REACH))
    ]
    if not pulled:
        return
    texts = [(decision, _padded_words(decision)) for decision in decided if decision.kept]
    for decision in pulled:
        quote = _padded_words(decision)
        if any(len(text) > len(quote) and quote in text for source, text in texts if source.kept):
            decision.remove("other", SAID_BEFORE)


def _padded_words(decision: DecidedBlock) -> str:
    return " ".join(["", *decision.measured.words, ""]).casefold()
