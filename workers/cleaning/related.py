"""Links to other articles. A paragraph of the story may begin with the same words; such a paragraph stays."""

from __future__ import annotations

from workers.cleaning.passage import Finding, Passage, Story
from workers.cleaning.phrases import phrases

_MOST_WORDS = 40
_FEW_WORDS = 25
_HEADLINE_WORDS = 4


def judge(passage: Passage, story: Story) -> Finding | None:
    """Recognise the announcement of another article, a link to another article, or the teaser under such a link."""
    if len(passage.words) > _MOST_WORDS:
        return None
    if _is_teaser(passage, story):
        listed = any((item := story.around(passage.index, step)) and _is_teaser(item, story) for step in (-2, 2))
        return Finding("related", listed and passage.place == "after", "under the headline of another article")
    if start := phrases("related").starts(passage.folded):
        rest = passage.folded[len(start) :].lstrip()
        announced = start.endswith((":", "：")) or rest[:1] in (":", "：", "|", "", "…", ">", "»", "→", "】", "]")
        short = len(passage.words) <= _FEW_WORDS and passage.size <= 220 and passage.sentences <= 1
        linked = passage.linked > 0.5
        certain = short and (linked or (announced and not passage.heading and passage.sentences == 0 and bool(rest)))
        return Finding("related", certain, f"begins with “{start}”")
    if passage.linked > 0.8 and len(passage.words) >= 4:
        return Finding("related", False, "a link and nothing else")
    if "related" in passage.near and not passage.prose:
        return Finding("related", False, "in a box of other articles")
    return None


def _is_teaser(passage: Passage, story: Story) -> bool:
    """Return whether `passage` stands under a linked headline which the model does not keep."""
    above = story.around(passage.index, -1)
    if above is None or passage.heading or passage.linked >= 0.5:
        return False
    return above.heading and above.linked > 0.8 and not above.kept and len(above.words) >= _HEADLINE_WORDS
