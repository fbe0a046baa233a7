"""Appeals: passages in which a publisher asks the reader for something (follow, subscribe, give, write).

Each single word of an appeal stands in stories, too. The proof is their company: an action, a way to take the action,
the publisher who asks, and the reader who is asked.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice

from workers.cleaning.passage import Passage, Story
from workers.cleaning.phrases import Phrases, phrases

#: Least points of an appeal inside the text, and least points outside of the text.
_SURE, _SURE_OUTSIDE = 4, 3
#: Longest appeal: in characters, in words.
_LONGEST, _MOST_WORDS = 700, 80
#: Requests beyond two count nothing; nor do ways beyond two.
_MOST = 2
#: Most words of a site's name; least letters of the name's last word, where that word stands for the whole name.
_LONGEST_NAME, _SHORTEST_NAME = 6, 5
_WORD = re.compile(r"\w+")
#: An e-mail address.
ADDRESS = re.compile(r"\S@\w[\w-]*\.\w")
_OPENING = re.compile(r"(?:^|[.!?:…]\s+|\bplease\s+)(\w+)")
#: Quoted speech: a longer stretch in quotation marks. The quantifiers are possessive, because with plain quantifiers a
#: paragraph of many quotes took half a millisecond.
SPEECH = re.compile(
    '["“”„«»]\\s?(?:[^"“”„«»\\s]++\\s++){3}[^"“”„«»]++["“”«»]'
    "|[「『“][^」』”\u3040-\u9fff]{0,1000}+[\u3040-\u9fff][^」』”]{9,1000}+[」』”]"
)


@dataclass(frozen=True, slots=True)
class Appeal:
    """Counts of the signs of an appeal, by kind."""

    #: Actions that the reader is to take: 0 to 2.
    asks: int = 0
    #: Ways to take the action: 0 to 2.
    ways: int = 0
    #: 1 when the publisher speaks of their own work ("our newsletter") or names the site.
    publisher: int = 0
    #: 1 when the reader is addressed.
    reader: int = 0

    @property
    def points(self) -> int:
        """The sum of all signs, 0 to 6; 0 without a request or without a way."""
        return self.asks + self.ways + self.publisher + self.reader if self.asks and self.ways else 0


def appeals(passage: Passage, story: Story) -> bool:
    """Return whether `passage` is an appeal. The model's score does not matter here."""
    if passage.heading or len(passage.words) > _MOST_WORDS:
        return False
    signs = appeal(passage.folded, addressed=ADDRESS.search(passage.text) is not None)
    if signs.points + 1 >= _SURE and not signs.publisher and _names(passage.text, story.sites):
        signs = replace(signs, publisher=1)
    if passage.place == "inside":
        return signs.points >= _SURE and signs.publisher > 0
    return signs.points >= _SURE or (signs.points >= _SURE_OUTSIDE and signs.ways > 1)


def _names(text: str, sites: Collection[str]) -> bool:
    """Return whether `text` names the site: in full ("the Pine Hollow Record") or by the last word ("the Record's")."""
    words = _WORD.findall(text)
    folded = [word.casefold() for word in words]
    for start, (word, previous) in enumerate(zip(words, ["", *words], strict=False)):
        if any("".join(folded[start : start + length]) in sites for length in range(1, _LONGEST_NAME + 1)):
            return True
        short = len(word) >= _SHORTEST_NAME and word[0].isupper() and previous.islower()
        if short and any(site.endswith(folded[start]) for site in sites):
            return True
    return False


@lru_cache(maxsize=1024)
def appeal(folded: str, *, addressed: bool = False) -> Appeal:
    """Count the signs of an appeal in `folded`. Text with quoted speech has none.

    `addressed` says that the text gives an e-mail address, which counts as a way.
    """
    if len(folded) > _LONGEST:
        return Appeal()
    table = phrases("appeal")
    requests = list(islice(table.every("ask", folded), _MOST))
    opening = set(table.every("open", folded))
    if opening:
        opening.intersection_update(_OPENING.findall(folded))
    asks = min(_MOST, len(requests) + len(opening.difference(phrase.split()[0] for phrase in requests)))
    ways = min(_MOST, _count(table, "where", folded) + addressed) if asks else 0
    if not ways or SPEECH.search(folded):
        return Appeal()
    return Appeal(asks, ways, min(1, _count(table, "own", folded)), min(1, _count(table, "reader", folded)))


def _count(table: Phrases, group: str, folded: str) -> int:
    return len(list(islice(table.every(group, folded), _MOST)))
