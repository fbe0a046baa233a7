"""Tables of phrases by language (phrases/*.toml). A phrase is searched for only in texts with its first word."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from importlib.resources import files

_WORD = re.compile(r"\w+")
#: Letters of scripts with spaces between words. In these scripts a phrase ends at the end of a word.
_SPACED = re.compile(r"[a-z0-9\u00df-\u05ff\u0620-\u06ff\u0900-\u097f]")


class Phrases:
    """The phrases of a kind of boilerplate. The methods search case-folded text, and return a phrase or None."""

    def __init__(self, table: dict[str, dict[str, list[str]]]) -> None:
        self._groups = {name: _Finder(_all(table, name)) for name in table}
        self._whole = set(_all(table, "whole"))
        self.words = set(_all(table, "words"))

    def starts(self, folded: str) -> str | None:
        """Return the phrase at the start of `folded`."""
        return self._group("start").at_start(folded)

    def photo(self, folded: str) -> str | None:
        """Return the phrase of a picture's credit at the start of `folded`."""
        return self._group("photo").at_start(folded)

    def anywhere(self, folded: str) -> str | None:
        """Return the first phrase anywhere in `folded`."""
        return next(self._group("anywhere").every(folded), None)

    def every(self, group: str, folded: str) -> Iterator[str]:
        """Yield the phrases of `group` in `folded`, without repetition."""
        return self._group(group).every(folded)

    def _group(self, name: str) -> _Finder:
        return self._groups.get(name, _NOTHING)

    def whole(self, folded: str) -> str | None:
        """Return the phrase equal to `folded`, with or without the punctuation at the end."""
        bare = folded.rstrip(" .:…!-–—>»")
        return bare if bare in self._whole else folded if folded in self._whole else None


#: Finders by the first word of a phrase, and by the first character of a phrase which does not start with a word.
_BY_WORD: defaultdict[str, list[_Finder]] = defaultdict(list)
_BY_CHARACTER: defaultdict[str, list[_Finder]] = defaultdict(list)


class _Finder:
    """A search for phrases: by the first word, or plainly for a phrase which starts inside a word (`/afp`, Chinese)."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._by_word: dict[str, list[str]] = {}
        self._loose: list[str] = []
        for phrase in sorted(set(phrases), key=lambda phrase: (-len(phrase), phrase)):
            if _SPACED.match(phrase):
                self._by_word.setdefault(_WORD.findall(phrase)[0], []).append(phrase)
            else:
                self._loose.append(phrase)
        self._firsts = frozenset(self._by_word)
        self._loose_starts = tuple(self._loose)
        self._loose_plain = [phrase for phrase in self._loose if phrase.isascii()]
        for word in self._firsts:
            _BY_WORD[word].append(self)
        for character in {phrase[0] for phrase in self._loose}:
            _BY_CHARACTER[character].append(self)
        _may_find.cache_clear()

    def at_start(self, folded: str) -> str | None:
        if self not in _may_find(folded):
            return None
        first = _WORD.match(folded)
        for phrase in self._by_word.get(first[0], ()) if first else ():
            if folded.startswith(phrase) and _ends(folded, len(phrase)):
                return phrase
        if folded.startswith(self._loose_starts):
            return next((text for text in self._loose if folded.startswith(text) and _ends(folded, len(text))), None)
        return None

    def every(self, folded: str) -> Iterator[str]:
        if self not in _may_find(folded):
            return
        for first in sorted(self._firsts & _words(folded)):
            for phrase in self._by_word[first]:
                at = folded.find(phrase)
                while at >= 0:
                    if (at == 0 or not folded[at - 1].isalnum()) and _ends(folded, at + len(phrase)):
                        yield phrase
                        break
                    at = folded.find(phrase, at + 1)
        for phrase in self._loose_plain if folded.isascii() else self._loose:
            if phrase in folded:
                yield phrase


@lru_cache(maxsize=512)
def _words(folded: str) -> frozenset[str]:
    return frozenset(_WORD.findall(folded))


@lru_cache(maxsize=512)
def _may_find(folded: str) -> frozenset[_Finder]:
    """Return the finders with a chance in `folded`: few of the many finders which every passage is put to."""
    beginnings = [_BY_WORD[word] for word in _words(folded) if word in _BY_WORD]
    beginnings += [_BY_CHARACTER[character] for character in set(folded) if character in _BY_CHARACTER]
    return frozenset().union(*beginnings)


_NOTHING = _Finder(())


def _ends(text: str, at: int) -> bool:
    """Return whether a word ends before `at`. In scripts without spaces a word may end anywhere."""
    return at >= len(text) or not text[at].isalnum() or not _SPACED.match(text[at - 1])


def _all(table: dict[str, dict[str, list[str]]], section: str) -> list[str]:
    return [phrase.replace("’", "'").casefold() for group in table.get(section, {}).values() for phrase in group]


@cache
def phrases(kind: str) -> Phrases:
    """Return the phrases of `kind`, read once per process."""
    text = files(__package__).joinpath("phrases", f"{kind}.toml").read_text(encoding="utf-8")
    return Phrases(tomllib.loads(text))
