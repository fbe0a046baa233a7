"""The rules of workers/cleaning put to a page's blocks: what is removed gets a name, what is surely foreign goes."""

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
from workers.extraction.reading.class_names import promises

#: Certain rules never take more than this share of the words: then the page is not what the rules think.
_MOST_OF_IT = 0.5
#: Boilerplate at the ends of the text is no more than this share of its words.
_MOST_AT_ENDS = 0.3
#: What may be certain there. Labelled pages hold copyright notices and bylines that the model keeps.
_AT_ENDS = frozenset(("promo", "newsletter", "paywall", "author_bio", "credit", "related"))
#: No letter or digit; or 30, as typesetters ended a story.
_END_MARK = re.compile(r"[\W_]+(?:30[\W_]+)?")
_ITEMS = frozenset(("li", "dd", "tr"))
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_NOTHING: frozenset[str] = frozenset()
_SIGNUP = frozenset(("signup",))
#: A notice under the article stands no further from it than this (blocks).
_BELOW = 8


@dataclass(slots=True)
class Cleaned:
    """What was taken out and has a place in the record; `doubtful` counts the kept blocks that a rule is unsure of."""

    standfirst: str | None = None
    credits: list[str] = field(default_factory=list)
    doubtful: int = 0
    flags: list[str] = field(default_factory=list)


def clean(selection: Selection, head_texts: HeadTexts, standing: Collection[int] = ()) -> Cleaned:
    """Ask the rules about every block that is kept or stands in the article's neighbourhood; changes `selection`.

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
    words = sum(len(one.measured.words) for one in decided if one.kept)
    below = max(near, default=len(decided)) + _BELOW
    findings = [
        judge(passage, story) if one.kept or one.block.index in near else _judge_far(passage, story, below)
        for one, passage in zip(decided, story.passages, strict=True)
    ]
    for index in _moved(decided, story, findings):
        again = judge(story.passages[index], story)
        if again and again.kind in _AT_ENDS:
            findings[index] = again
    sure = sum(
        len(one.measured.words)
        for one, finding in zip(decided, findings, strict=True)
        if one.kept and finding and finding.certain
    )
    trusted = sure <= _MOST_OF_IT * words
    cleaned = Cleaned()
    for one, finding in zip(decided, findings, strict=True):
        if one.kept:
            if finding is None or not finding.certain or not trusted:
                cleaned.doubtful += finding is not None
                continue
            one.remove(finding.kind, finding.reason)
        elif one.measured.apart:
            continue
        elif finding:
            one.kind, one.reason = finding.kind, finding.reason
        elif one.block.index in near:
            one.kind = one.kind or "other"
        if one.kind == "standfirst":
            cleaned.standfirst = cleaned.standfirst or one.text
        elif one.kind == "credit":
            cleaned.credits.append(one.text)
        if finding and finding.flag and finding.flag not in cleaned.flags:
            cleaned.flags.append(finding.flag)
    _drop_end_marks(selection)
    return cleaned


def _drop_end_marks(selection: Selection) -> None:
    """Take out the signs, without a word, that the text now begins or ends with: a line of dashes, `###`, `-30-`."""
    kept = selection.kept()
    for ordered in (kept, kept[::-1]):
        for one in ordered:
            if not _END_MARK.fullmatch(one.text):
                break
            one.remove("other", "a sign that a story ends")


def _judge_far(passage: Passage, story: Story, below: int) -> Finding | None:
    """The rules that concern what stands outside of the article's neighbourhood, the last of it before `below`."""
    if finding := postal_address.judge(passage, story):
        return finding
    return correction.judge(passage, story) if passage.place == "after" and passage.index <= below else None


def _moved(decided: list[DecidedBlock], story: Story, findings: list[Finding | None]) -> list[int]:
    """Put what is likely boilerplate at the ends of the text outside of it; the passages that are moved.

    Places were given by the first and the last long paragraph, and these may themselves be an appeal or a notice.
    """
    running = [one for one in decided if one.kept and one.measured.running]
    left = _MOST_AT_ENDS * sum(len(one.measured.words) for one in running)
    moved: list[int] = []
    edges: tuple[tuple[int, Place], ...] = ((-1, "after"), (1, "before"))
    for step, place in edges:
        ordered = running[::step]
        ends = 0
        for one in ordered:
            left -= len(one.measured.words)
            if findings[one.block.index] is None or left < 0:
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
    """The page's blocks as the rules see them; what only those in `near` and what is kept are asked for, only there."""
    decided = selection.decided
    running = [one for one in decided if one.kept and one.measured.running]
    running = running or selection.kept()
    first = running[0].block.index if running else len(decided)
    last = running[-1].block.index if running else -1
    around = _Around(selection.page, running)
    own, _, _ = selection.page.signatures
    of_story = {one.block.index for one in running}
    alike = Counter(own[index] for index in of_story)
    usual = max(alike.values(), default=0)
    out = []
    for one in decided:
        block = one.block
        index = block.index
        passage = Passage(
            index,
            block.text,
            "before" if index < first else "after" if index > last else "inside",
            one.kept,
            _lines(block) if block.breaks else [block.text],
            one.measured.link_density,
            heading=block.tag in _HEADINGS,
        )
        if one.kept or index in near:
            passage.near = around.of(block.box)
            passage.item = any(box is not None and box.tag in _ITEMS for box in nearest(block.box, 3))
            passage.odd = usual > 1 and alike[own[index]] == (index in of_story)
        out.append(passage)
    return out


class _Around:
    """Of a box: tags and promises of itself and the boxes around it, up to the one that holds most of `running`.

    `signup` is for a box that asks for an e-mail address.
    """

    def __init__(self, page: MeasuredPage, running: list[DecidedBlock]) -> None:
        self._holding = [0] * len(page.boxes)
        for one in running:
            self._holding[one.block.box.number] += one.measured.size
        for box in reversed(page.boxes):
            if box.above is not None:
                self._holding[box.above.number] += self._holding[box.number]
        self._half = sum(one.measured.size for one in running) / 2
        self._known: dict[int, frozenset[str]] = {}
        self._under = page.under

    def of(self, box: Box) -> frozenset[str]:
        path = []
        at: Box | None = box
        while at is not None and at.number not in self._known and self._holding[at.number] <= self._half:
            path.append(at)
            at = at.above
        found = self._known.get(at.number, _NOTHING) if at is not None else _NOTHING
        for one in reversed(path):
            signup = _SIGNUP if asks_for_address(one, self._under[one.number].size) else _NOTHING
            found = self._known[one.number] = found.union(promises(one.classes, one.id), (one.tag,), signup)
        return found


def _lines(block: TextBlock) -> list[str]:
    """The block's text by its line breaks."""
    parts: list[str] = [""]
    for text, _ in block.runs:
        if text == "\n":
            parts.append("")
        else:
            parts[-1] += text
    return [line for line in (" ".join(part.split()) for part in parts) if line]


def _neighbourhood(selection: Selection) -> set[int]:
    """The blocks between the article's first and last one, and those in the lowest box that holds all of it."""
    kept = selection.kept()
    if not kept:
        return set()
    first, last = kept[0].block.index, kept[-1].block.index
    around = [one.block.boxes for one in kept]
    common = set(around[0]).intersection(*around[1:])
    lowest = next((box for box in around[0] if box in common), None)
    inside = selection.page.inside(lowest) if lowest else range(0)
    return {
        one.block.index
        for one in selection.decided
        if first <= one.block.index <= last or one.block.box.number in inside
    }
