"""Tables of phrases by language (phrases/*.toml) as one regular expression each."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

_LETTER_END = re.compile(r"[a-z\u00c0-\u05ff\u0620-\u06ff\u0900-\u097f]$")


class Phrases:
    """The phrases of one kind: `starts`, `whole`, `anywhere` and `photo` give the phrase found, or None."""

    def __init__(self, table: dict[str, dict[str, list[str]]]) -> None:
        self._starts = _pattern(table, "start", "^(?:{})")
        self._photo = _pattern(table, "photo", "^(?:{})")
        self._anywhere = _pattern(table, "anywhere", "(?:{})")
        self._whole = {phrase for phrases in table.get("whole", {}).values() for phrase in phrases}
        self.words = {word for words in table.get("words", {}).values() for word in words}

    def starts(self, folded: str) -> str | None:
        """The phrase that `folded` begins with."""
        return _first(self._starts, folded)

    def photo(self, folded: str) -> str | None:
        """The phrase of a picture's credit that `folded` begins with."""
        return _first(self._photo, folded)

    def anywhere(self, folded: str) -> str | None:
        """A phrase that stands in `folded`."""
        return _first(self._anywhere, folded)

    def whole(self, folded: str) -> str | None:
        """The phrase that `folded` is, less punctuation at its end."""
        bare = folded.rstrip(" .:…!-–—>»")
        return bare if bare in self._whole else folded if folded in self._whole else None


def _first(pattern: re.Pattern[str] | None, folded: str) -> str | None:
    found = pattern.search(folded) if pattern else None
    return found[0] if found else None


def _pattern(table: dict[str, dict[str, list[str]]], section: str, form: str) -> re.Pattern[str] | None:
    phrases = {phrase.replace("’", "'").casefold() for group in table.get(section, {}).values() for phrase in group}
    if not phrases:
        return None
    return re.compile(form.format("|".join(_bounded(phrase) for phrase in sorted(phrases, key=len, reverse=True))))


def _bounded(phrase: str) -> str:
    """`phrase` as a pattern that ends where a word ends, in scripts that put spaces between words."""
    before = r"(?<!\w)" if _LETTER_END.search(phrase[0]) else ""
    after = r"(?!\w)" if _LETTER_END.search(phrase) else ""
    return before + re.escape(phrase) + after


@cache
def phrases(kind: str) -> Phrases:
    """The phrases of `kind`, read once a process."""
    text = files(__package__).joinpath("phrases", f"{kind}.toml").read_text(encoding="utf-8")
    return Phrases(tomllib.loads(text))
