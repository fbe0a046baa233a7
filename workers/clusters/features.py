"""Compute the two sets by which texts are compared: word pairs for the wording, numbers and names for the facts.

A light rewrite keeps the facts and changes words; a report from a template keeps the words and changes the facts.
Neither set depends on spaces between words or on a particular language.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

from workers.extraction.reading.tokens import tokens

#: Characters of a text to compare: the rest of a longer text adds only time.
_MOST_CHARACTERS = 50_000

#: A number with separators of thousands or decimals, which differ between languages and publishers.
_NUMBER = re.compile(r"\d+(?:[.,:’']\d+| \d{3}(?!\d))*")
_SEPARATORS = re.compile(r"\D")
#: A word inside a sentence, after another word or a comma, that begins with no lower-case a to z. At the begin of a
#: sentence a capital tells nothing.
_INSIDE = re.compile(r"(?<=[\w,;)%’] )(?![a-z])[^\W\d_]{2,}")
#: A word in katakana, the kana for foreign words: mostly a name.
_KATAKANA = re.compile("[\u30a1-\u30fa\u30fc]{2,}")


def features(text: str) -> tuple[set[str], set[str]]:
    """Return the word pairs and the facts of `text`, as strings.

    - A word pair: two neighbouring words in lower case; in scripts without spaces two characters.
    - A fact: a number or a name. Each number stands in the set as two strings, and so counts double.
    - A name: a word with a capital inside a sentence that the text nowhere writes in lower case; in scripts without
      capitals a word in katakana.
    """
    text = unicodedata.normalize("NFKC", text[:_MOST_CHARACTERS])
    words = tokens(text)
    pairs = set(map(" ".join, pairwise(map(str.lower, words))))
    numbers = {_SEPARATORS.sub("", number) for number in _NUMBER.findall(text)}
    written = set(words)
    names = {name for name in _INSIDE.findall(text) if name[0].isupper() and name.lower() not in written}
    return pairs, names | set(_KATAKANA.findall(text)) | numbers | {f"#{number}" for number in numbers}
