"""The text of a video or a gallery: what its page shows of its own description, where the article's box has no other.

Both are kinds of article. What stands below the player is a sentence or two that no model of running text takes for an
article, and it may take a notice for one instead; the page's head says which text is this page's and no teaser's.
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
    """For a `kind` without text of its own: keep the block that says a description, and nothing else.

    Whether it did, in `selection`: not where such a block is kept already, or text beside the headline and description.
    """
    if kind not in _WITHOUT_TEXT or (shown := _shown(selection, head_texts)) is None or shown.kept:
        return False
    around = next((box for box in shown.block.boxes if next(box.element.iter("h1"), None) is not None), None)
    inside = selection.page.inside(around) if around else range(0)
    if sum(one.measured.size for one in selection.kept() if one.block.box.number in inside) >= SENTENCE:
        return False
    for one in selection.kept():
        one.remove("other", "beside a video or gallery")
    shown.kept, shown.kind, shown.reason = True, None, "what the page says of its video or gallery"
    return True


def _shown(selection: Selection, head_texts: HeadTexts) -> DecidedBlock | None:
    for one in selection.decided:
        if one.measured.apart is None and one.measured.link_density < 0.5:
            words = folded_words(one.text)
            if any(says(words, description) for description in head_texts.descriptions):
                return one
    return None
