"""The rules of workers/cleaning put to a page's blocks: what is removed gets a name, what is surely foreign goes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from lxml.etree import _Element

from workers.cleaning import postal_address
from workers.cleaning.passage import Passage, Place, Story
from workers.cleaning.registry import judge
from workers.extraction.blocks import TextBlock
from workers.extraction.choose import Choice, Judged
from workers.extraction.clues import Clues
from workers.extraction.vocabulary import NAMES, PROMISE

#: Certain rules never take more than this share of the words: then the page is not what the rules think.
_MOST_OF_IT = 0.5


@dataclass(slots=True)
class Cleaned:
    """What was taken out and has a place in the record."""

    standfirst: str | None = None
    credits: list[str] = field(default_factory=list)


def clean(choice: Choice, clues: Clues) -> Cleaned:
    """Ask the rules about every block that is kept or stands in the article's neighbourhood; changes `choice`."""
    judged = choice.judged
    story = Story(clues.titles, clues.descriptions, clues.authors, _passages(choice))
    near = _neighbourhood(choice)
    words = sum(len(one.measured.words) for one in judged if one.kept)
    findings = [
        (judge if one.kept or one.block.index in near else postal_address.judge)(passage, story)
        for one, passage in zip(judged, story.passages, strict=True)
    ]
    sure = sum(
        len(one.measured.words)
        for one, finding in zip(judged, findings, strict=True)
        if one.kept and finding and finding.certain
    )
    trusted = sure <= _MOST_OF_IT * words
    cleaned = Cleaned()
    for one, finding in zip(judged, findings, strict=True):
        if one.kept:
            if finding is None or not finding.certain or not trusted:
                continue
            one.remove(finding.kind, finding.reason)
        elif finding:
            one.kind, one.reason = finding.kind, finding.reason
        elif one.block.index in near:
            one.kind = one.kind or "other"
        if one.kind == "standfirst":
            cleaned.standfirst = cleaned.standfirst or one.text
        elif one.kind == "credit":
            cleaned.credits.append(one.text)
    return cleaned


def _passages(choice: Choice) -> list[Passage]:
    judged = choice.judged
    running = [one for one in judged if one.kept and one.measured.running]
    running = running or choice.kept()
    first = running[0].block.index if running else len(judged)
    last = running[-1].block.index if running else -1
    holding: Counter[int] = Counter()
    for one in running:
        for element in one.block.path:
            holding[id(element)] += one.measured.size
    half = sum(one.measured.size for one in running) / 2
    own, _, _ = choice.page.signatures
    of_story = {one.block.index for one in running}
    alike = Counter(own[index] for index in of_story)
    usual = max(alike.values(), default=0)
    known: dict[int, frozenset[str]] = {}
    out = []
    for one in judged:
        index = one.block.index
        place: Place = "before" if index < first else "after" if index > last else "inside"
        others = alike[own[index]] - (index in of_story)
        out.append(
            Passage(
                index=index,
                text=one.text,
                place=place,
                kept=one.kept,
                lines=_lines(one.block),
                linked=one.measured.link_density,
                near=_near(one, holding, half, known),
                heading=one.block.tag[:1] == "h" and one.block.tag[1:].isdigit(),
                item=any(element.tag in ("li", "dd", "tr") for element in one.block.path[-3:]),
                odd=others == 0 and usual > 1,
            )
        )
    return out


def _near(one: Judged, holding: Counter[int], half: float, known: dict[int, frozenset[str]]) -> frozenset[str]:
    """Tags and promises of the boxes around a block, up to the one that holds most of the article."""
    out: frozenset[str] = frozenset()
    for element in reversed(one.block.path):
        key = id(element)
        if holding[key] > half:
            break
        if key not in known:
            known[key] = frozenset((element.tag, *_promises(element)))
        out |= known[key]
    return out


def _promises(element: _Element) -> list[str]:
    names = f"{element.get('class') or ''} {element.get('id') or ''}".lower()
    return [PROMISE[word] for word in NAMES.findall(names)]


def _lines(block: TextBlock) -> list[str]:
    """The block's text by its line breaks."""
    if not block.breaks:
        return [block.text]
    parts: list[str] = [""]
    for text, _ in block.runs:
        if text == "\n":
            parts.append("")
        else:
            parts[-1] += text
    return [line for line in (" ".join(part.split()) for part in parts) if line]


def _neighbourhood(choice: Choice) -> set[int]:
    """The blocks between the article's first and last one, and those in the lowest box that holds all of it."""
    kept = choice.kept()
    if not kept:
        return set()
    first, last = kept[0].block.index, kept[-1].block.index
    box = set(map(id, kept[0].block.path))
    for one in kept[1:]:
        box &= set(map(id, one.block.path))
    lowest = next((id(element) for element in reversed(kept[0].block.path) if id(element) in box), None)
    return {
        one.block.index
        for one in choice.judged
        if first <= one.block.index <= last or any(id(element) == lowest for element in one.block.path)
    }
