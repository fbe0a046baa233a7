"""How much a passage sounds like a publisher who asks the reader for something: to follow, subscribe, give, write.

Every single word of it stands in stories, too. What tells is that they come together: what to do, by which way, for
whom and to whom.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice

from workers.cleaning.passage import Passage, Story
from workers.cleaning.phrases import Phrases, phrases

#: From so many points on, a passage is an appeal wherever it stands; outside of the text it needs fewer.
_SURE, _SURE_OUTSIDE = 4, 3
_LONGEST = 700
_MOST_WORDS = 80
#: Of requests and of ways, so many count.
_MOST = 2
#: Words of a site's name, and letters of the last one, which alone may stand for it.
_LONGEST_NAME, _SHORTEST_NAME = 6, 5
_WORD = re.compile(r"\w+")
#: An e-mail address.
ADDRESS = re.compile(r"\S@\w[\w-]*\.\w")
_OPENING = re.compile(r"(?:^|[.!?:…]\s+|\bplease\s+)(\w+)")
#: Somebody speaks: a longer stretch in quotation marks. Possessive: many quotes in a paragraph took half a millisecond.
SPEECH = re.compile(
    '["“”„«»]\\s?(?:[^"“”„«»\\s]++\\s++){3}[^"“”„«»]++["“”«»]|[「『“][^」』”]*[\u3040-\u9fff][^」』”]{9,}[」』”]'
)


@dataclass(frozen=True, slots=True)
class Appeal:
    """How many signs of each kind there are, of the first two at most two, of the others one."""

    asks: int = 0
    ways: int = 0
    own: int = 0
    reader: int = 0

    @property
    def points(self) -> int:
        """All signs together, 0 to 6; 0 unless something is asked for and a way is named."""
        return self.asks + self.ways + self.own + self.reader if self.asks and self.ways else 0


def appeals(passage: Passage, story: Story) -> bool:
    """Whether `passage` is an appeal, whatever the model says."""
    if passage.heading or len(passage.words) > _MOST_WORDS:
        return False
    found = appeal(passage.folded, addressed=ADDRESS.search(passage.text) is not None)
    if found.points + 1 >= _SURE and not found.own and _names(passage.text, story.sites):
        found = replace(found, own=1)
    if passage.place == "inside":
        return found.points >= _SURE and found.own > 0
    return found.points >= _SURE or (found.points >= _SURE_OUTSIDE and found.ways > 1)


def _names(text: str, sites: Collection[str]) -> bool:
    """Whether `text` names the site, in full ("the Pine Hollow Record") or by its last word ("the Record's")."""
    words = _WORD.findall(text)
    folded = [word.casefold() for word in words]
    for start, (word, before) in enumerate(zip(words, ["", *words], strict=False)):
        if any("".join(folded[start : start + length]) in sites for length in range(1, _LONGEST_NAME + 1)):
            return True
        short = len(word) >= _SHORTEST_NAME and word[0].isupper() and before.islower()
        if short and any(site.endswith(folded[start]) for site in sites):
            return True
    return False


@lru_cache(maxsize=1024)
def appeal(folded: str, *, addressed: bool = False) -> Appeal:
    """The signs in `folded`; none where somebody is quoted. `addressed`: it gives an address, which is a way."""
    if len(folded) > _LONGEST:
        return Appeal()
    table = phrases("appeal")
    asked = list(islice(table.every("ask", folded), _MOST))
    opening = set(table.every("open", folded))
    if opening:
        opening.intersection_update(_OPENING.findall(folded))
    asks = min(_MOST, len(asked) + len(opening.difference(phrase.split()[0] for phrase in asked)))
    ways = min(_MOST, _count(table, "where", folded) + addressed) if asks else 0
    if not ways or SPEECH.search(folded):
        return Appeal()
    return Appeal(asks, ways, min(1, _count(table, "own", folded)), min(1, _count(table, "reader", folded)))


def _count(table: Phrases, group: str, folded: str) -> int:
    return len(list(islice(table.every(group, folded), _MOST)))
