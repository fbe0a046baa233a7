"""What two texts are compared by: pairs of words for how it is said, and numbers and names for what is said.

A light rewrite keeps the numbers and names and changes words; a report from a template keeps the words and changes
numbers and names. Nothing here depends on spaces between words or on one language.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

from workers.extraction.reading.tokens import tokens

#: Characters of a text that are compared: the rest of a longer one adds nothing but time.
_MOST_CHARACTERS = 50_000

#: A number with its separators, of thousands or decimals: languages and houses differ in them.
_NUMBER = re.compile(r"\d+(?:[.,:’']\d+| \d{3}(?!\d))*")
_SEPARATORS = re.compile(r"\D")
#: A word that follows another or a comma, if it may have a capital: at a sentence's beginning that says nothing.
_INSIDE = re.compile(r"(?<=[\w,;)%’] )(?![a-z])[^\W\d_]{2,}")
#: A word in kana of foreign words, which is mostly a name.
_KATAKANA = re.compile("[\u30a1-\u30fa\u30fc]{2,}")


def features(text: str) -> tuple[set[str], set[str]]:
    """The word pairs and the facts of `text`, as strings that are equal where they are.

    A word pair is two neighbouring words in lower case; in scripts without spaces two characters. A fact is a number or
    a name. A number is there twice, under two names: it counts double. A name has a capital inside a sentence and is
    nowhere written without; in a script without capitals only katakana tells one.
    """
    text = unicodedata.normalize("NFKC", text[:_MOST_CHARACTERS])
    words = tokens(text)
    pairs = set(map(" ".join, pairwise(map(str.lower, words))))
    numbers = {_SEPARATORS.sub("", number) for number in _NUMBER.findall(text)}
    as_written = set(words)
    names = {name for name in _INSIDE.findall(text) if name[0].isupper() and name.lower() not in as_written}
    return pairs, names | set(_KATAKANA.findall(text)) | numbers | {f"#{number}" for number in numbers}
