"""Texts without end that are as unlike as those of the press, for what looks for near duplicates."""

from __future__ import annotations

import random
from itertools import accumulate

_WORDS, _NAMES = 20_000, 30_000
#: Of how many words of a text one is a name, and one a number.
_NAME_EVERY, _NUMBER_EVERY = 11, 22


class Press:
    """Words, names and numbers by Zipf's law, drawn anew for each text."""

    def __init__(self, seed: int = 8) -> None:
        self._random = random.Random(seed)
        self._words = [f"word{number}" for number in range(_WORDS)]
        self._names = [f"Name{number}" for number in range(_NAMES)]
        self._of_words, self._of_names = (
            list(accumulate(1 / rank for rank in range(1, count + 1))) for count in (_WORDS, _NAMES)
        )

    def text(self, length: int = 220) -> str:
        """A text of `length` words."""
        names, numbers = length // _NAME_EVERY, length // _NUMBER_EVERY
        words = self._random.choices(self._words, cum_weights=self._of_words, k=length - names - numbers)
        said = self._random.choices(self._names, cum_weights=self._of_names, k=names)
        said += [str(int(self._random.paretovariate(0.5)) % 1_000_000) for _ in range(numbers)]
        for each in said:
            words.insert(self._random.randrange(1, max(2, len(words))), each)
        return " ".join(words)
