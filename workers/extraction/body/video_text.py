"""The text of a video or a gallery: the page's visible description, where the article's box has no other text.

Both are kinds of article. Below the player stands a sentence or two. The model of running text takes no such text for
an article, and may take a notice instead; the page's head tells the text of this page from the text of teasers.
"""

from __future__ import annotations

from schemas.article import Kind
from workers.cleaning.passage import folded_words
from workers.cleaning.standfirst import says
from workers.extraction.body.head_texts import HeadTexts
from workers.extraction.body.page_class import SENTENCE
from workers.extraction.body.select_blocks import DecidedBlock, Selection

_WITHOUT_TEXT: frozenset[Kind | None] = frozenset(("video", "gallery"))


def keep_description(selection: Selection, head_texts: HeadTexts, kind: Kind | None) -> bool:
    """Keep only the block with a description, for a `kind` without text of its own; return whether `selection` changed.

    Nothing changes when such a block is already kept, or when text beside headline and description is kept.
    """
    if kind not in _WITHOUT_TEXT or (shown := _shown_description(selection, head_texts)) is None or shown.kept:
        return False
    around = next((box for box in shown.block.boxes if next(box.element.iter("h1"), None) is not None), None)
    inside = selection.page.inside(around) if around else range(0)
    if sum(decision.measured.size for decision in selection.kept() if decision.block.box.number in inside) >= SENTENCE:
        return False
    for decision in selection.kept():
        decision.remove("other", "beside a video or gallery")
    shown.kept, shown.kind, shown.reason = True, None, "what the page says of its video or gallery"
    return True


def _shown_description(selection: Selection, head_texts: HeadTexts) -> DecidedBlock | None:
    for decision in selection.decided:
        if decision.measured.foreign is None and decision.measured.link_density < 0.5:
            words = folded_words(decision.text)
            if any(says(words, description) for description in head_texts.descriptions):
                return decision
    return None
