"""Names what was removed."""

from __future__ import annotations

from workers.extraction.choose import Choice
from workers.extraction.clues import Clues
from workers.extraction.tokens import tokens


def name_removed(choice: Choice, clues: Clues) -> str | None:
    """Take the repeated headline out."""
    titles = [[word.casefold() for word in tokens(title)] for title in clues.titles]
    first = 0
    for one in choice.judged:
        if not one.kept or first > 2:
            first += one.kept
            continue
        words = [word.casefold() for word in one.measured.words]
        if words in titles:
            one.remove("repeated_headline", "says the headline again")
        else:
            first += 1
    return None
