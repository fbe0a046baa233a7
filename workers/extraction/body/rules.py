"""Apply the rules of workers/cleaning to a page's blocks: give removed blocks a kind, remove certain boilerplate."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from workers.cleaning import correction, postal_address
from workers.cleaning.passage import Finding, Passage, Place, Story
from workers.cleaning.registry import judge
from workers.extraction.body.head_texts import HeadTexts
from workers.extraction.body.select_blocks import DecidedBlock, Selection
from workers.extraction.body.signup_form import asks_for_address
from workers.extraction.reading.block_measures import MeasuredPage, nearest
from workers.extraction.reading.blocks import Box, TextBlock
from workers.extraction.reading.class_names import named_groups

#: Certain findings never remove more than this share of the words: with more of them, the rules misread the page.
_MOST_OF_IT = 0.5
#: Boilerplate at the ends of the text has at most this share of the words.
_MOST_AT_ENDS = 0.3
#: Kinds of findings that may be certain there. Labelled pages hold copyright notices and bylines, and the model keeps
#: them.
_AT_ENDS = frozenset(("promo", "newsletter", "paywall", "author_bio", "credit", "related"))
#: Text without letter or digit; or 30, as typesetters ended a story.
_END_MARK = re.compile(r"[\W_]+(?:30[\W_]+)?")
_ITEMS = frozenset(("li", "dd", "tr"))
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_NOTHING: frozenset[str] = frozenset()
_SIGNUP = frozenset(("signup",))
#: The most blocks between the article and a notice below.
_BELOW = 8


@dataclass(slots=True)
class Cleaned:
    """The removed texts with a place in the record; `doubtful` counts the kept blocks with a finding not acted on."""

    standfirst: str | None = None
    credits: list[str] = field(default_factory=list)
    doubtful: int = 0
    flags: list[str] = field(default_factory=list)


def clean(selection: Selection, head_texts: HeadTexts, standing: Collection[int] = ()) -> Cleaned:
    """Apply the rules to every kept block and every block in the article's neighbourhood; changes `selection`.

    `standing` are the numbers of the blocks that stand on many pages of the site.
    """
    decided = selection.decided
    near = _neighbourhood(selection)
    story = Story(
        head_texts.titles,
        head_texts.descriptions,
        head_texts.authors,
        _passages(selection, near),
        standing,
        head_texts.sites,
    )
    words = sum(len(decision.measured.words) for decision in decided if decision.kept)
    below = max(near, default=len(decided)) + _BELOW
    findings = [
        judge(passage, story) if decision.kept or decision.block.index in near else _judge_far(passage, story, below)
        for decision, passage in zip(decided, story.passages, strict=True)
    ]
    for index in _move_ends(decided, story, findings):
        again = judge(story.passages[index], story)
        if again and again.kind in _AT_ENDS:
            findings[index] = again
    sure = sum(
        len(decision.measured.words)
        for decision, finding in zip(decided, findings, strict=True)
        if decision.kept and finding and finding.certain
    )
    trusted = sure <= _MOST_OF_IT * words
    cleaned = Cleaned()
    for decision, finding in zip(decided, findings, strict=True):
        if decision.kept:
            if finding is None or not finding.certain or not trusted:
                cleaned.doubtful += finding is not None
                continue
            decision.remove(finding.kind, finding.reason)
        elif decision.measured.foreign:
            continue
        elif finding:
            decision.kind, decision.reason = finding.kind, finding.reason
        elif decision.block.index in near:
            decision.kind = decision.kind or "other"
        if decision.kind == "standfirst":
            cleaned.standfirst = cleaned.standfirst or decision.text
        elif decision.kind == "credit":
            cleaned.credits.append(decision.text)
        if finding and finding.flag and finding.flag not in cleaned.flags:
            cleaned.flags.append(finding.flag)
    _drop_end_marks(selection)
    return cleaned


def _drop_end_marks(selection: Selection) -> None:
    """Remove signs without a word at both ends of the text: a line of dashes, `###`, `-30-`."""
    kept = selection.kept()
    for ordered in (kept, kept[::-1]):
        for decision in ordered:
            if not _END_MARK.fullmatch(decision.text):
                break
            decision.remove("other", "a sign that a story ends")


def _judge_far(passage: Passage, story: Story, below: int) -> Finding | None:
    """Return the finding on a passage outside of the article's neighbourhood; corrections count up to index `below`."""
    if finding := postal_address.judge(passage, story):
        return finding
    return correction.judge(passage, story) if passage.place == "after" and passage.index <= below else None


def _move_ends(decided: list[DecidedBlock], story: Story, findings: list[Finding | None]) -> list[int]:
    """Give likely boilerplate at the ends of the text a place outside; return the indexes of the moved passages.

    Places were given by the first and the last long paragraph, and these may themselves be an appeal or a notice.
    """
    running = [decision for decision in decided if decision.kept and decision.measured.running]
    left = _MOST_AT_ENDS * sum(len(decision.measured.words) for decision in running)
    moved: list[int] = []
    edges: tuple[tuple[int, Place], ...] = ((-1, "after"), (1, "before"))
    for step, place in edges:
        ordered = running[::step]
        ends = 0
        for decision in ordered:
            left -= len(decision.measured.words)
            if findings[decision.block.index] is None or left < 0:
                break
            ends += 1
        if not 0 < ends < len(ordered):
            continue
        border = ordered[ends].block.index
        for passage in story.passages:
            if passage.place == "inside" and (passage.index - border) * step < 0:
                passage.place = place
                moved.append(passage.index)
    return moved


def _passages(selection: Selection, near: Collection[int]) -> list[Passage]:
    """Return the page's blocks as passages; only kept blocks and those in `near` get the fields used only for them."""
    decided = selection.decided
    running = [decision for decision in decided if decision.kept and decision.measured.running]
    running = running or selection.kept()
    first = running[0].block.index if running else len(decided)
    last = running[-1].block.index if running else -1
    around = _Surroundings(selection.page, running)
    own, _, _ = selection.page.signatures
    of_story = {decision.block.index for decision in running}
    alike = Counter(own[index] for index in of_story)
    usual = max(alike.values(), default=0)
    out = []
    for decision in decided:
        block = decision.block
        index = block.index
        passage = Passage(
            index,
            block.text,
            "before" if index < first else "after" if index > last else "inside",
            decision.kept,
            _lines(block) if block.breaks else [block.text],
            decision.measured.link_density,
            heading=block.tag in _HEADINGS,
        )
        if decision.kept or index in near:
            passage.near = around.of(block.box)
            passage.item = any(box is not None and box.tag in _ITEMS for box in nearest(block.box, 3))
            passage.odd = usual > 1 and alike[own[index]] == (index in of_story)
        out.append(passage)
    return out


class _Surroundings:
    """Tags and word groups (class_names.py) of a box and the boxes around, up to the box with most of `running`.

    `signup` stands for a box that asks for an e-mail address.
    """

    def __init__(self, page: MeasuredPage, running: list[DecidedBlock]) -> None:
        self._holding = [0] * len(page.boxes)
        for decision in running:
            self._holding[decision.block.box.number] += decision.measured.size
        for box in reversed(page.boxes):
            if box.above is not None:
                self._holding[box.above.number] += self._holding[box.number]
        self._half = sum(decision.measured.size for decision in running) / 2
        self._names: dict[int, frozenset[str]] = {}
        self._box_sums = page.box_sums

    def of(self, box: Box) -> frozenset[str]:
        path = []
        at: Box | None = box
        while at is not None and at.number not in self._names and self._holding[at.number] <= self._half:
            path.append(at)
            at = at.above
        names = self._names.get(at.number, _NOTHING) if at is not None else _NOTHING
        for inner in reversed(path):
            signup = _SIGNUP if asks_for_address(inner, self._box_sums[inner.number].size) else _NOTHING
            names = self._names[inner.number] = names.union(named_groups(inner.classes, inner.id), (inner.tag,), signup)
        return names


def _lines(block: TextBlock) -> list[str]:
    """Return the block's text, split at line breaks."""
    parts: list[str] = [""]
    for text, _ in block.runs:
        if text == "\n":
            parts.append("")
        else:
            parts[-1] += text
    return [line for line in (" ".join(part.split()) for part in parts) if line]


def _neighbourhood(selection: Selection) -> set[int]:
    """Return the indexes of the blocks of the article's neighbourhood.

    These are the blocks between the first and the last kept block, and those in the lowest box around all kept blocks.
    """
    kept = selection.kept()
    if not kept:
        return set()
    first, last = kept[0].block.index, kept[-1].block.index
    around = [decision.block.boxes for decision in kept]
    common = set(around[0]).intersection(*around[1:])
    lowest = next((box for box in around[0] if box in common), None)
    inside = selection.page.inside(lowest) if lowest else range(0)
    return {
        decision.block.index
        for decision in selection.decided
        if first <= decision.block.index <= last or decision.block.box.number in inside
    }
