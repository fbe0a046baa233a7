"""Postal addresses of the publisher: over the text, under the text, in the page's frame.

An address fills a block, or several blocks of a line each. Its short lines hold a street, a postal code with a place, a
box number, a label or a country, and hardly a word besides. An address in a sentence is part of the sentence, and a
list of addresses may be the story.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

import regex

from workers.cleaning.passage import Finding, Passage, Story

_LONGEST = 320
_MOST_WORDS = 45
#: Most words in lower case in a line, besides the address's own words: "c/o", "near the", "open to".
_STRAY_WORDS = 3
#: Most words in lower case in an address. A text with more is not examined further.
_SENTENCE_WORDS = 10
#: Characters of the longest line in which a street is searched for without any other sign of an address.
_STREET_ALONE = 60
#: Most lines of an address on either side of any of the address's lines.
_RUN = 6
#: Most lines without a sign between two lines of an address.
_BETWEEN = 2
#: Characters and words of the longest name over an address.
_NAME_SIZE, _NAME_WORDS = 60, 8
#: This many whole addresses in a row are a list, and a list may be the story.
_LIST = 3
_FULL_STOP = regex.compile(r"[.!?。]\s*$")
_LOWER = regex.compile(r"\b\p{Ll}[\p{Ll}'’]+\b")
_ABBREVIATED_END = regex.compile(r"\b(?:\p{L}{1,4}|blvd|bldg)\.\s*$", regex.IGNORECASE)
_UNCASED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Arabic}\p{Hebrew}\p{Thai}\p{Devanagari}]")
_COLON = re.compile(r"[:：\n]")
_LONGEST_LABEL = 42
#: As many digits as the shortest telephone number has.
_TELEPHONE = re.compile(r"(?:\d[\s()/.–-]*){5}")
_NUMBER = re.compile(r"\d")
#: A text without any of these signs is words only: a label or a country.
_SIGN = re.compile(r"[\d@:：\n,،、]|www|http")
_ITEMS = re.compile(r"[\n,،、]")
_OTHER_LABEL = regex.compile(r"^(?!.*\bno[:：])[\p{L} ]{3,25}[:：]", regex.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Shapes:
    street: regex.Pattern[str]
    #: Postal codes with a place, each after the digits which such a code needs.
    places: tuple[tuple[re.Pattern[str], regex.Pattern[str]], ...]
    box: regex.Pattern[str]
    labels: frozenset[str]
    contact: regex.Pattern[str]
    countries: frozenset[str]


@cache
def _shapes() -> _Shapes:
    table = tomllib.loads(files(__package__).joinpath("addresses.toml").read_text(encoding="utf-8"))
    any_case = regex.IGNORECASE | regex.MULTILINE
    return _Shapes(
        street=regex.compile(_any(table["street"]), any_case),
        places=tuple(
            (re.compile(table["digits"][digits]), regex.compile(_any(shapes), regex.MULTILINE))
            for digits, shapes in table["cased"].items()
        ),
        box=regex.compile(table["box"]["any"], any_case),
        labels=frozenset(label for group in table["label"].values() for label in group),
        contact=regex.compile(table["contact"]["any"], any_case),
        countries=frozenset(table["country"]["names"]),
    )


def _any(shapes: dict[str, str]) -> str:
    return "|".join(f"(?:{shape})" for shape in shapes.values())


def judge(passage: Passage, story: Story) -> Finding | None:
    """Recognise a postal address, a line of an address, or the name over an address."""
    if passage.index not in _region(story):
        return None
    text = _text(passage)
    if not _may_be_address(text, passage, story):
        return _attached(passage, story)
    own = _signals(text)
    if not own:
        return _attached(passage, story) if own is not None else None
    run = _run(passage, story)
    signals = _signals_of(run)
    if not _is_address(signals):
        return None
    complete = sum(_is_address(_signals(_text(line)) or frozenset()) for line in run)
    listed = complete >= _LIST and passage.kept
    labelled_otherwise = "label" not in signals and _OTHER_LABEL.search(text) and "contact" not in own
    certain = _outside(run, story) and not listed and not labelled_otherwise
    return Finding("postal_address", certain, "an address: " + ", ".join(sorted(signals)))


def _region(story: Story) -> frozenset[int]:
    """Return the numbers of the passages near a sign of an address other than a street: on most pages none.

    Only these passages can belong to an address: a run reaches at most `_RUN` lines from any line of the run, and an
    attached name stands up to two lines beyond.
    """
    region: frozenset[int] | None = story.rule_results.get(__name__)
    if region is None:
        reach = range(-_RUN - 2, _RUN + 3)
        telling = [passage.index for passage in story.passages if _tells(_text(passage))]
        region = story.rule_results[__name__] = frozenset([index + step for index in telling for step in reach])
    return region


def _attached(passage: Passage, story: Story) -> Finding | None:
    """Recognise the publisher's name over an address, or a short line of an address without a sign of its own."""
    if passage.place == "inside" or passage.heading or not _is_name(passage):
        return None
    for step in (1, -1):
        beside = story.around(passage.index, step)
        if beside and beside.place == passage.place and _is_name(beside) and not _signals(_text(beside)):
            beside = story.around(passage.index, 2 * step)  # two such lines: a department and a house
        if beside is None or not _may_be_address(_text(beside), beside, story) or not _signals(_text(beside)):
            continue
        run = _run(beside, story)
        if _is_address(_signals_of(run)) and _outside(run, story):
            return Finding("postal_address", True, "a line beside an address")
    return None


def _is_name(passage: Passage) -> bool:
    text = passage.text
    if len(text) > _NAME_SIZE or len(passage.words) > _NAME_WORDS or len(passage.lines) > 1:
        return False
    return passage.linked < 0.5 and (not _FULL_STOP.search(text) or bool(_ABBREVIATED_END.search(text)))


def _signals_of(run: list[Passage]) -> frozenset[str]:
    return frozenset[str]().union(*(_signals(_text(line)) or () for line in run))


def _outside(run: list[Passage], story: Story) -> bool:
    """Return whether the story is on a single side of `run`. A long address counts among the story's running text."""
    lines = {line.index for line in run}
    running = [
        passage.index
        for passage in story.passages
        if passage.kept and passage.place == "inside" and passage.index not in lines
    ]
    return not running or max(lines) < running[0] or min(lines) > running[-1]


def _text(passage: Passage) -> str:
    return passage.text if len(passage.lines) == 1 else "\n".join(passage.lines)


def _may_be_address(text: str, passage: Passage, story: Story) -> bool:
    """Return whether `text`, or a passage nearby, gives a reason to search `text` for an address.

    A street alone is no address, and is searched for last: the patterns of streets cost more time than all other rules.
    """
    if _tells(text):
        return True
    if not _NUMBER.search(text) or len(text) > _STREET_ALONE:
        return False
    around = (story.around(passage.index, step) for step in range(-_RUN, _RUN + 1))
    return any(_tells(_text(neighbour)) for neighbour in around if neighbour)


def _is_address(signals: frozenset[str]) -> bool:
    if "place" in signals:
        return bool(signals & {"street", "box", "label", "country", "contact"})
    if "street" in signals:
        return bool(signals & {"label", "country", "contact", "box"})
    return "box" in signals and bool(signals & {"label", "country", "contact"})


def _run(passage: Passage, story: Story) -> list[Passage]:
    """Return the lines of an address around `passage`, with `passage` among them."""
    run = [passage]
    for step in (-1, 1):
        between: list[Passage] = []
        for distance in range(1, _RUN + 1):
            line = story.around(passage.index, step * distance)
            if line is None:
                break
            if _signals(_text(line)):
                run += [*between, line]
                between = []
            elif len(between) == _BETWEEN or not _is_name(line):
                break
            else:
                between.append(line)
    return run


@lru_cache(maxsize=4096)
def _signals(text: str) -> frozenset[str] | None:
    """Return the signs of an address in `text`, with the street, or None where `text` is a sentence or too long."""
    parts = _parts(text)
    if parts is None or len(_LOWER.findall(text)) > _SENTENCE_WORDS:
        return None
    signals, rest = set(parts.signals), parts.rest
    alone = len(text) <= _STREET_ALONE and _NUMBER.search(text)
    if (signals or alone) and _shapes().street.search(rest):
        signals.add("street")
        rest = _shapes().street.sub(" ", rest)
    stray = len(_LOWER.findall(rest))
    if stray > _STRAY_WORDS:
        return None
    if _FULL_STOP.search(text) and stray and not _ABBREVIATED_END.search(text):
        return None
    if _UNCASED.search(text) and ("。" in text or len(text) > 120 or _is_sentence(text)):
        return None
    return frozenset(signals)


def _is_sentence(text: str) -> bool:
    """Return whether text of a script without capitals has the end and the length of a sentence."""
    return _FULL_STOP.search(text) is not None and len(text.split()) > _NAME_WORDS


class _Parts(NamedTuple):
    """The signs of an address in a text, except the street, and the rest of the text."""

    signals: frozenset[str]
    rest: str


def _tells(text: str) -> bool:
    """Return whether `text` holds a sign of an address other than a street."""
    parts = _parts(text)
    return parts is not None and bool(parts.signals)


@lru_cache(maxsize=4096)
def _parts(text: str) -> _Parts | None:
    """Return the parts of `text`, or None where `text` is too long."""
    if len(text) > _LONGEST or (len(text) > 2 * _MOST_WORDS and len(text.split()) > _MOST_WORDS):
        return None
    shapes = _shapes()
    folded = text.casefold()
    if not _SIGN.search(text):
        if folded.strip() in shapes.labels:
            return _Parts(frozenset(("label",)), "")
        return _Parts(frozenset(("country",) if folded.strip(" .") in shapes.countries else ()), text)
    signals = set()
    rest = text
    colon = _COLON.search(folded, 1, _LONGEST_LABEL)
    if (folded[: colon.start()] if colon else folded).strip() in shapes.labels:
        signals.add("label")
        rest = _COLON.split(text, 1)[1] if colon else ""
    if not shapes.countries.isdisjoint([item.strip(" .,") for item in _ITEMS.split(folded)]):
        signals.add("country")
    number = _NUMBER.search(text) is not None
    if number and shapes.box.search(rest):
        signals.add("box")
        rest = shapes.box.sub(" ", rest)
    reaches = "@" in rest or "www" in rest or "http" in rest or (number and _TELEPHONE.search(rest))
    if reaches and shapes.contact.search(rest):
        signals.add("contact")
        rest = shapes.contact.sub(" ", rest)
    if number and any(digits.search(rest) and place.search(rest) for digits, place in shapes.places):
        signals.add("place")
    return _Parts(frozenset(signals), rest)
