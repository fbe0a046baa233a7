"""Postal addresses of the publisher: over the text, under it, in the page's frame; in one block or one line a block.

An address is short lines in which a street, a postal code with its place, a box number, a label or a country are
found, and hardly a word beside them. An address in a sentence is part of the sentence, and a list of addresses may be
the story.
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
#: Words in lower case that an address may hold beside its own: "c/o", "near the", "open to".
_STRAY_WORDS = 3
#: More words in lower case than any address has: no need to look closer.
_SENTENCE_WORDS = 10
#: A street in a line without anything else of an address is looked for only in lines of this length.
_STREET_ALONE = 60
_RUN = 6
#: Lines without a shape that may stand between two of an address.
_BETWEEN = 2
#: What stands over an address is a name: no longer than this.
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
#: Without any of these a text is no more than words: a label or a country.
_SIGN = re.compile(r"[\d@:：\n,،、]|www|http")
_ITEMS = re.compile(r"[\n,،、]")
_OTHER_LABEL = regex.compile(r"^(?!.*\bno[:：])[\p{L} ]{3,25}[:：]", regex.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Shapes:
    street: regex.Pattern[str]
    places: tuple[tuple[re.Pattern[str], regex.Pattern[str]], ...]  # each with the digits without which it cannot be
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
    """A passage that is a postal address, a line of one, or the name over it."""
    if passage.index not in _region(story):
        return None
    text = _text(passage)
    if not _may_be_address(text, passage, story):
        return _attached(passage, story)
    own = _signals(text)
    if not own:
        return _attached(passage, story) if own is not None else None
    run = _run(passage, story)
    found = _found(run)
    if not _is_address(found):
        return None
    complete = sum(_is_address(_signals(_text(one)) or frozenset()) for one in run)
    listed = complete >= _LIST and passage.kept
    labelled_otherwise = "label" not in found and _OTHER_LABEL.search(text) and "contact" not in own
    certain = _outside(run, story) and not listed and not labelled_otherwise
    return Finding("postal_address", certain, "an address: " + ", ".join(sorted(found)))


def _region(story: Story) -> frozenset[int]:
    """The passages so near to anything of an address but a street that they can be of it: few, on most pages none.

    A run reaches `_RUN` lines from a line of it, and what is attached stands up to two lines from that.
    """
    region: frozenset[int] | None = story.found_out.get(__name__)
    if region is None:
        reach = range(-_RUN - 2, _RUN + 3)
        telling = [one.index for one in story.passages if _tells(_text(one))]
        region = story.found_out[__name__] = frozenset([index + step for index in telling for step in reach])
    return region


def _attached(passage: Passage, story: Story) -> Finding | None:
    """The publisher's name over an address, or a line of it without a shape: short, and no sentence."""
    if passage.place == "inside" or passage.heading or not _is_name(passage):
        return None
    for step in (1, -1):
        beside = story.around(passage.index, step)
        if beside and beside.place == passage.place and _is_name(beside) and not _signals(_text(beside)):
            beside = story.around(passage.index, 2 * step)  # two such lines: a department and a house
        if beside is None or not _may_be_address(_text(beside), beside, story) or not _signals(_text(beside)):
            continue
        run = _run(beside, story)
        if _is_address(_found(run)) and _outside(run, story):
            return Finding("postal_address", True, "a line beside an address")
    return None


def _is_name(passage: Passage) -> bool:
    text = passage.text
    if len(text) > _NAME_SIZE or len(passage.words) > _NAME_WORDS or len(passage.lines) > 1:
        return False
    return passage.linked < 0.5 and (not _FULL_STOP.search(text) or bool(_ABBREVIATED_END.search(text)))


def _found(run: list[Passage]) -> frozenset[str]:
    return frozenset[str]().union(*(_signals(_text(one)) or () for one in run))


def _outside(run: list[Passage], story: Story) -> bool:
    """Whether the story is on one side of `run` only. A long address is itself among the story's running text."""
    lines = {one.index for one in run}
    told = [one.index for one in story.passages if one.kept and one.place == "inside" and one.index not in lines]
    return not told or max(lines) < told[0] or min(lines) > told[-1]


def _text(passage: Passage) -> str:
    return passage.text if len(passage.lines) == 1 else "\n".join(passage.lines)


def _may_be_address(text: str, passage: Passage, story: Story) -> bool:
    """A street alone is no address, and is looked for last: its shapes cost more than all the rest of the rules."""
    if _tells(text):
        return True
    if not _NUMBER.search(text) or len(text) > _STREET_ALONE:
        return False
    around = (story.around(passage.index, step) for step in range(-_RUN, _RUN + 1))
    return any(_tells(_text(other)) for other in around if other)


def _is_address(found: frozenset[str]) -> bool:
    if "place" in found:
        return bool(found & {"street", "box", "label", "country", "contact"})
    if "street" in found:
        return bool(found & {"label", "country", "contact", "box"})
    return "box" in found and bool(found & {"label", "country", "contact"})


def _run(passage: Passage, story: Story) -> list[Passage]:
    """The lines of an address around `passage`, itself among them."""
    run = [passage]
    for step in (-1, 1):
        between: list[Passage] = []
        for distance in range(1, _RUN + 1):
            other = story.around(passage.index, step * distance)
            if other is None:
                break
            if _signals(_text(other)):
                run += [*between, other]
                between = []
            elif len(between) == _BETWEEN or not _is_name(other):
                break
            else:
                between.append(other)
    return run


@lru_cache(maxsize=4096)
def _signals(text: str) -> frozenset[str] | None:
    """What of an address `text` holds; None where it is a sentence, or too long."""
    parts = _parts(text)
    if parts is None or len(_LOWER.findall(text)) > _SENTENCE_WORDS:
        return None
    found, rest = set(parts.found), parts.rest
    alone = len(text) <= _STREET_ALONE and _NUMBER.search(text)
    if (found or alone) and _shapes().street.search(rest):
        found.add("street")
        rest = _shapes().street.sub(" ", rest)
    stray = len(_LOWER.findall(rest))
    if stray > _STRAY_WORDS:
        return None
    if _FULL_STOP.search(text) and stray and not _ABBREVIATED_END.search(text):
        return None
    if _UNCASED.search(text) and ("。" in text or len(text) > 120 or _told(text)):
        return None
    return frozenset(found)


def _told(text: str) -> bool:
    """Whether text of a script without capitals ends like a sentence and is as long as one."""
    return _FULL_STOP.search(text) is not None and len(text.split()) > _NAME_WORDS


class _Parts(NamedTuple):
    """What of an address a text holds but for the street, and what is left of it."""

    found: frozenset[str]
    rest: str


def _tells(text: str) -> bool:
    """Whether `text` holds anything of an address but a street."""
    parts = _parts(text)
    return parts is not None and bool(parts.found)


@lru_cache(maxsize=4096)
def _parts(text: str) -> _Parts | None:
    """The parts of `text`; None where it is too long."""
    if len(text) > _LONGEST or (len(text) > 2 * _MOST_WORDS and len(text.split()) > _MOST_WORDS):
        return None
    shapes = _shapes()
    folded = text.casefold()
    if not _SIGN.search(text):
        if folded.strip() in shapes.labels:
            return _Parts(frozenset(("label",)), "")
        return _Parts(frozenset(("country",) if folded.strip(" .") in shapes.countries else ()), text)
    found = set()
    rest = text
    colon = _COLON.search(folded, 1, _LONGEST_LABEL)
    if (folded[: colon.start()] if colon else folded).strip() in shapes.labels:
        found.add("label")
        rest = _COLON.split(text, 1)[1] if colon else ""
    if not shapes.countries.isdisjoint([item.strip(" .,") for item in _ITEMS.split(folded)]):
        found.add("country")
    number = _NUMBER.search(text) is not None
    if number and shapes.box.search(rest):
        found.add("box")
        rest = shapes.box.sub(" ", rest)
    reaches = "@" in rest or "www" in rest or "http" in rest or (number and _TELEPHONE.search(rest))
    if reaches and shapes.contact.search(rest):
        found.add("contact")
        rest = shapes.contact.sub(" ", rest)
    if number and any(digits.search(rest) and place.search(rest) for digits, place in shapes.places):
        found.add("place")
    return _Parts(frozenset(found), rest)
