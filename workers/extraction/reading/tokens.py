"""Words of any language, and the size of a text: nothing here depends on spaces between words."""

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
    """Return the words of `text`, in order, as written; a character of an unspaced script is a word."""
    return _TOKEN.findall(text)


def size_of(text: str) -> int:
    """Return the size of `text` in characters of Latin text: a Han, kana or Hangul character counts as three."""
    return len(text) if text.isascii() else len(text) + 2 * len(_WIDE.findall(text))


def shingles(words: list[str], size: int = 4) -> list[Shingle]:
    """Return every run of `size` words, or the whole list of words when shorter."""
    if len(words) <= size:
        return [tuple(words)] if words else []
    return list(zip(*(words[i:] for i in range(size)), strict=False))


_NO_WORDS: Mapping[str, list[str]] = MappingProxyType({})

#: A text for `coverage`: the runs of four words in the lines of the text, and the lines of up to four words.
LineShingles = tuple[set[Shingle], set[Shingle]]


def line_shingles(text: str, words_of: Mapping[str, list[str]] = _NO_WORDS) -> LineShingles:
    """Return the shingles of the lines of `text` for `coverage`; `words_of` holds the words of lines already split."""
    runs: set[Shingle] = set()
    short: set[Shingle] = set()
    for line in text.split("\n"):
        words = words_of.get(line) or tokens(line)
        if len(words) > 4:
            runs.update(shingles(words))
        elif words:
            short.add(tuple(words))
    return runs, short


def coverage(words: list[str], text: LineShingles) -> float:
    """Return the share of the four-word runs of `words` that are in `text`.

    Up to four words are covered only as a line of `text`; four words also as a run.
    """
    runs, short = text
    if len(words) <= 4:
        return 1.0 if (line := tuple(words)) in short or (len(words) == 4 and line in runs) else 0.0
    parts = shingles(words)
    return sum(map(runs.__contains__, parts)) / len(parts)
