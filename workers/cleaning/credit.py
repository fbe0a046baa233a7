"""Credits: who else reported, which agencies, whose picture. Agencies go to `wire`, the line is counted."""

from __future__ import annotations

from workers.cleaning.passage import Finding, Passage, Story
from workers.cleaning.phrases import phrases

_MOST_WORDS = 60
_SHORT = 12


def judge(passage: Passage, story: Story) -> Finding | None:
    """A line of contributors after the text, or of a picture's maker anywhere."""
    if len(passage.words) > _MOST_WORDS:
        return None
    table = phrases("credit")
    if phrase := table.anywhere(passage.folded):
        return Finding("credit", passage.place == "after" or passage.sentences <= 1, f"says “{phrase}”")
    if start := table.starts(passage.folded):
        ends_story = passage.place == "after" and passage.sentences <= 2
        return Finding("credit", ends_story and not passage.heading, f"begins with “{start}”")
    if (start := table.photo(passage.folded)) and len(passage.words) <= 40:
        return Finding("credit", len(passage.words) <= _SHORT and start[-1] in ":：", f"begins with “{start}”")
    return None
