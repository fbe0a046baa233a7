"""Words of any language, and how much text a string is: nothing here depends on spaces between words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

#: Scripts written without spaces between words, where each character counts as a word: Han, kana, and the alphabets of
#: Thai, Lao, Burmese and Khmer.
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(rf"[{UNSPACED}]|[^\W{UNSPACED}]+")
_WIDE = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff]")

Shingle = tuple[str, ...]


def tokens(text: str) -> list[str]:
    """The words of `text`, in order, as written; a character of an unspaced script is a word."""
    return _TOKEN.findall(text)


def size_of(text: str) -> int:
    """How much `text` is, in characters of Latin text: a Han, kana or Hangul character says as much as about three."""
    return len(text) if text.isascii() else len(text) + 2 * len(_WIDE.findall(text))


def shingles(words: list[str], size: int = 4) -> list[Shingle]:
    """Every run of `size` words; of a shorter list the whole list."""
    if len(words) <= size:
        return [tuple(words)] if words else []
    return list(zip(*(words[i:] for i in range(size)), strict=False))


_NO_WORDS: Mapping[str, list[str]] = MappingProxyType({})

#: A text for `coverage`: the runs of four words in its lines, and its lines of up to four words.
Known = tuple[set[Shingle], set[Shingle]]


def known(text: str, words_of: Mapping[str, list[str]] = _NO_WORDS) -> Known:
    """`text` as `coverage` wants it; `words_of` are the words of lines that are known already."""
    runs: set[Shingle] = set()
    short: set[Shingle] = set()
    for line in text.split("\n"):
        words = words_of.get(line) or tokens(line)
        if len(words) > 4:
            runs.update(shingles(words))
        elif words:
            short.add(tuple(words))
    return runs, short


def coverage(words: list[str], text: Known) -> float:
    """The share of the runs of four words of `words` that are in `text`; up to four words must be a line of it."""
    runs, short = text
    if len(words) <= 4:
        return 1.0 if (line := tuple(words)) in short or (len(words) == 4 and line in runs) else 0.0
    parts = shingles(words)
    return sum(map(runs.__contains__, parts)) / len(parts)
