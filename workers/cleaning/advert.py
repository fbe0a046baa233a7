"""Labels of advertisements."""

from __future__ import annotations

from workers.cleaning.passage import Finding, Passage, Story
from workers.cleaning.phrases import phrases


def judge(passage: Passage, story: Story) -> Finding | None:
    """Recognise a line with nothing but the word for advertisement, or with "story continues below"."""
    if len(passage.words) <= 10 and (phrase := phrases("advert").whole(passage.folded)):
        return Finding("advert", len(phrase) > 3, f"is “{phrase}”")
    return None
