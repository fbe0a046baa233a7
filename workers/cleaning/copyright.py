"""Copyright notices."""

from __future__ import annotations

from workers.cleaning.passage import Finding, Passage, Story
from workers.cleaning.phrases import phrases

_MOST_WORDS = 60
_FEW_WORDS = 40


def judge(passage: Passage, story: Story) -> Finding | None:
    """Recognise a claim of rights."""
    if len(passage.words) > _MOST_WORDS:
        return None
    table = phrases("copyright")
    few = len(passage.words) <= _FEW_WORDS
    if (start := table.starts(passage.folded)) and not passage.folded.startswith(("copyright law", "copyrights")):
        sign = not start.startswith("copyright") or any(char.isdigit() or char in "©:" for char in passage.folded[9:18])
        return Finding("copyright", few and sign and passage.place != "inside", f"begins with “{start}”")
    if phrase := table.anywhere(passage.folded):
        return Finding("copyright", few and passage.place == "after", f"says “{phrase}”")
    return None
