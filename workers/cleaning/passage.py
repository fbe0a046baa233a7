"""What a rule sees: a passage of a page or a plain text, its place, and the story it may belong to. No markup."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from schemas.article import RemovedKind

Place = Literal["before", "inside", "after"]
_WORD = re.compile(r"\w+")
_DENSE = re.compile("[\u3040-\u9fff\uac00-\ud7a3]")
_SENTENCE = re.compile(r"[.!?…؟۔।។](?=[\s\"'”’»)\]]|$)|[。！？]")


@dataclass
class Passage:
    """A block of text. `place` is relative to the story's running text, first to last long paragraph.

    `near` holds the tags of the boxes around it, up to the box of the article itself, and what their class names
    promise (workers/extraction/reading/class_names.py), or `signup`; empty for plain text. `linked` is the share of the
    text that is link. Measures of the text are computed when the first rule asks for them: most passages of a page are
    never asked about.
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

    @cached_property
    def folded(self) -> str:
        """The text without case, and without signs of lists and links at its ends."""
        return self.text.casefold().replace("’", "'").strip(" \t>»▶►→|•·*-–—[]【】")

    @cached_property
    def words(self) -> list[str]:
        """The words of `folded`."""
        return _WORD.findall(self.folded)

    @cached_property
    def size(self) -> int:
        """Characters, a character of a script without spaces between words counted three times."""
        return len(self.text) if self.text.isascii() else len(self.text) + 2 * len(_DENSE.findall(self.text))

    @cached_property
    def sentences(self) -> int:
        """How many ends of sentences the text holds."""
        return len(_SENTENCE.findall(self.text))

    @property
    def prose(self) -> bool:
        """Whether this reads like a paragraph of a story: two sentences, or a long one."""
        return self.sentences >= 2 or (self.sentences >= 1 and self.size > 160)


@dataclass
class Story:
    """What is known of the article, and every passage of the page in order.

    `sites` are the site's names, letters and digits only. `standing` are the numbers of the passages that stand on many
    pages of the site. `found_out` is for what a rule has found out of all passages together, by the rule's module.
    """

    titles: list[str] = field(default_factory=list)
    descriptions: list[str] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)
    passages: Sequence[Passage] = ()
    standing: Collection[int] = ()
    sites: Collection[str] = ()
    found_out: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def title_words(self) -> list[list[str]]:
        """The words of each title."""
        return [folded_words(title) for title in self.titles]

    @cached_property
    def author_words(self) -> list[list[str]]:
        """The words of each author's name."""
        return [folded_words(name) for name in self.authors]

    def around(self, index: int, step: int) -> Passage | None:
        """The passage `step` places from number `index`, or None beyond the ends."""
        at = index + step
        return self.passages[at] if 0 <= at < len(self.passages) else None


@dataclass(frozen=True, slots=True)
class Finding:
    """A passage is of `kind`. When `certain`, it is taken out even where the model would keep it.

    `flag` is what the record says of an article that has such a passage.
    """

    kind: RemovedKind
    certain: bool
    reason: str
    flag: str | None = None


def folded_words(text: str) -> list[str]:
    """The words of `text` for comparing: no case, no punctuation."""
    return _WORD.findall(text.casefold())
