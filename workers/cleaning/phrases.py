"""Tables of phrases by language (phrases/*.toml), each phrase looked for only where its first word stands."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from importlib.resources import files

_WORD = re.compile(r"\w+")
#: Letters of scripts that put spaces between words: there, a phrase ends where a word ends.
_SPACED = re.compile(r"[a-z0-9\u00df-\u05ff\u0620-\u06ff\u0900-\u097f]")


class Phrases:
    """The phrases of one kind. Each method gives the phrase found in case-folded text, or None."""

    def __init__(self, table: dict[str, dict[str, list[str]]]) -> None:
        self._groups = {name: _Finder(_all(table, name)) for name in table}
        self._whole = set(_all(table, "whole"))
        self.words = set(_all(table, "words"))

    def starts(self, folded: str) -> str | None:
        """The phrase that `folded` begins with."""
        return self._group("start").at_start(folded)

    def photo(self, folded: str) -> str | None:
        """The phrase of a picture's credit that `folded` begins with."""
        return self._group("photo").at_start(folded)

    def anywhere(self, folded: str) -> str | None:
        """A phrase that stands in `folded`."""
        return next(self._group("anywhere").every(folded), None)

    def every(self, group: str, folded: str) -> Iterator[str]:
        """The phrases of `group` that stand in `folded`, each once."""
        return self._group(group).every(folded)

    def _group(self, name: str) -> _Finder:
        return self._groups.get(name, _NOTHING)

    def whole(self, folded: str) -> str | None:
        """The phrase that `folded` is, less punctuation at its end."""
        bare = folded.rstrip(" .:…!-–—>»")
        return bare if bare in self._whole else folded if folded in self._whole else None


#: Which finders have a phrase that begins with a word, and with a character where words do not begin it.
_BY_WORD: defaultdict[str, list[_Finder]] = defaultdict(list)
_BY_CHARACTER: defaultdict[str, list[_Finder]] = defaultdict(list)


class _Finder:
    """Phrases by their first word; those that begin within a word (`/afp`, all of Chinese) by plain search."""

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
            return next((p for p in self._loose if folded.startswith(p) and _ends(folded, len(p))), None)
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
    """The finders that may find something in `folded`: few of all that every passage is put to."""
    beginnings = [_BY_WORD[word] for word in _words(folded) if word in _BY_WORD]
    beginnings += [_BY_CHARACTER[character] for character in set(folded) if character in _BY_CHARACTER]
    return frozenset().union(*beginnings)


_NOTHING = _Finder(())


def _ends(text: str, at: int) -> bool:
    """Whether a word ends before `at`; in scripts without spaces it always may."""
    return at >= len(text) or not text[at].isalnum() or not _SPACED.match(text[at - 1])


def _all(table: dict[str, dict[str, list[str]]], section: str) -> list[str]:
    return [phrase.replace("’", "'").casefold() for group in table.get(section, {}).values() for phrase in group]


@cache
def phrases(kind: str) -> Phrases:
    """The phrases of `kind`, read once a process."""
    text = files(__package__).joinpath("phrases", f"{kind}.toml").read_text(encoding="utf-8")
    return Phrases(tomllib.loads(text))
