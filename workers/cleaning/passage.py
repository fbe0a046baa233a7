"""What a rule sees: a passage of a page or a plain text, its place, and the story it may belong to. No markup."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from schemas.article import RemovedKind

Place = Literal["before", "inside", "after"]
_WORD = re.compile(r"\w+")
_SENTENCE = re.compile(r"[.!?…؟۔।។](?=[\s\"'”’»)\]]|$)|[。！？]")


@dataclass(slots=True)
class Passage:
    """A block of text. `place` is relative to the story's running text, first to last long paragraph.

    `near` holds the tags of the boxes around it, up to the box of the article itself, and what their class names
    promise (workers/extraction/vocabulary.py); empty for plain text. `linked` is the share of the text that is link.
    """

    index: int
    text: str
    place: Place
    kept: bool
    lines: list[str]
    linked: float = 0.0
    near: frozenset[str] = frozenset()
    heading: bool = False
    item: bool = False
    odd: bool = False  # in another kind of box than the running text
    folded: str = field(init=False)
    words: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.folded = self.text.casefold().replace("’", "'").strip(" \t>»▶►→|•·*-–—[]【】")
        self.words = _WORD.findall(self.folded)

    @property
    def size(self) -> int:
        """Characters, a character of a script without spaces between words counted three times."""
        return len(self.text) + 2 * sum("\u3040" <= c <= "\u9fff" or "\uac00" <= c <= "\ud7a3" for c in self.text)

    @property
    def sentences(self) -> int:
        """How many ends of sentences the text holds."""
        return len(_SENTENCE.findall(self.text))

    @property
    def prose(self) -> bool:
        """Whether this reads like a paragraph of a story: two sentences, or a long one."""
        return self.sentences >= 2 or (self.sentences >= 1 and self.size > 160)


@dataclass(slots=True)
class Story:
    """What is known of the article, and every passage of the page in order."""

    titles: list[str] = field(default_factory=list)
    descriptions: list[str] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)
    passages: Sequence[Passage] = ()

    def around(self, index: int, step: int) -> Passage | None:
        """The passage `step` places from number `index`, or None beyond the ends."""
        at = index + step
        return self.passages[at] if 0 <= at < len(self.passages) else None


@dataclass(frozen=True, slots=True)
class Finding:
    """A passage is of `kind`. When `certain`, it is taken out even where the model would keep it."""

    kind: RemovedKind
    certain: bool
    reason: str


def folded_words(text: str) -> list[str]:
    """The words of `text` for comparing: no case, no punctuation."""
    return _WORD.findall(text.casefold())
