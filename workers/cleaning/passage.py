"""The input of a rule: a passage of a page or of a plain text, and the story around the passage. No markup."""

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
    """A block of text.

    Measures of the text are computed when the first rule reads them: no rule looks at most passages of a page.
    """

    #: The number of the passage on the page.
    index: int
    text: str
    #: Relative to the running text of the story, which reaches from the first to the last long paragraph.
    place: Place
    #: Whether the model takes the passage for the article's text.
    kept: bool
    lines: list[str]
    #: The share of the text inside links, 0 to 1.
    linked: float = 0.0
    #: Tags of the boxes around the passage, up to the article's box, and the meanings of the boxes' class names
    #: (workers/extraction/reading/class_names.py), or `signup`. Empty for plain text.
    near: frozenset[str] = frozenset()
    #: Whether the passage is a heading, and whether the passage is an item of a list.
    heading: bool = False
    item: bool = False
    #: Whether the passage stands in another kind of box than the running text.
    odd: bool = False

    @cached_property
    def folded(self) -> str:
        """The text without case, and without signs of lists and links at both ends."""
        return self.text.casefold().replace("’", "'").strip(" \t>»▶►→|•·*-–—[]【】")

    @cached_property
    def words(self) -> list[str]:
        """The words of `folded`."""
        return _WORD.findall(self.folded)

    @cached_property
    def size(self) -> int:
        """The number of characters. A character of a script without spaces between words counts three times."""
        return len(self.text) if self.text.isascii() else len(self.text) + 2 * len(_DENSE.findall(self.text))

    @cached_property
    def sentences(self) -> int:
        """The number of ends of sentences in the text."""
        return len(_SENTENCE.findall(self.text))

    @property
    def prose(self) -> bool:
        """Whether the text reads like a paragraph of a story: two sentences, or a single long sentence."""
        return self.sentences >= 2 or (self.sentences >= 1 and self.size > 160)


@dataclass
class Story:
    """Texts of the page's head, and all passages of the page in order."""

    titles: list[str] = field(default_factory=list)
    descriptions: list[str] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)
    passages: Sequence[Passage] = ()
    #: Numbers of the passages which stand on many pages of the site.
    standing: Collection[int] = ()
    #: Names of the site, in letters and digits only.
    sites: Collection[str] = ()
    #: Results of a rule for all passages together, by the name of the rule's module.
    rule_results: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def title_words(self) -> list[list[str]]:
        """The words of each title."""
        return [folded_words(title) for title in self.titles]

    @cached_property
    def author_words(self) -> list[list[str]]:
        """The words of each author's name."""
        return [folded_words(name) for name in self.authors]

    def around(self, index: int, step: int) -> Passage | None:
        """Return the passage `step` places from number `index`, or None beyond the ends."""
        at = index + step
        return self.passages[at] if 0 <= at < len(self.passages) else None


@dataclass(frozen=True, slots=True)
class Finding:
    """The decision of a rule: the passage is boilerplate of `kind`.

    A `certain` finding removes the passage even where the model keeps the passage. The record of the article gets
    the `flag`.
    """

    kind: RemovedKind
    certain: bool
    reason: str
    flag: str | None = None


def folded_words(text: str) -> list[str]:
    """Return the words of `text` for comparisons, without case and punctuation."""
    return _WORD.findall(text.casefold())
