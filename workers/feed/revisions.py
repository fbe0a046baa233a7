"""What changed between two revisions of an article, word by word, read from a feed's segments."""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import regex

from schemas.compression import ZstdError
from workers.extraction.reading.tokens import UNSPACED
from workers.feed.reader import NoFeedError
from workers.feed.segments import segments

#: A word, of unspaced scripts a character with its marks, or what stands between words.
_PIECE = regex.compile(rf"[{UNSPACED}]\p{{M}}*|(?:(?![{UNSPACED}])[\w\p{{M}}])+|\s+|\X")
_ID = regex.compile("[0-9a-f]{32}")
_PARAGRAPH = regex.compile(r"[^\n]+\n*|\n+")
#: Texts of more pieces than this are cut at runs of so many pieces that both have once.
_MANY_PIECES = 3000
_RUN = 6
#: What may be the same between two changes that are read as one.
_BETWEEN = regex.compile(r"[^\w\n]*")

Record = dict[str, Any]
_Differ = Callable[[Sequence[str], Sequence[str]], Iterator["Change"]]


class NoRevisionError(LookupError):
    """The feed has no such article, or not those revisions of it; the message says what it has."""


@dataclass(frozen=True)
class Change:
    """A piece of text: `before` is what stood there, `after` what does now; the same where nothing changed."""

    before: str
    after: str

    @property
    def same(self) -> bool:
        """Whether nothing changed."""
        return self.before == self.after


def revisions(directory: Path, article_id: str) -> dict[int, Record]:
    """The revisions of an article that the feed in `directory` holds, by number, ascending.

    Raises:
        NoFeedError: there is no feed, or a part of it cannot be read.
    """
    existing = segments(directory, "articles") if directory.is_dir() else []
    if not existing:
        raise NoFeedError(f"there is no feed in {directory}")
    mark = orjson.dumps(article_id)
    found: dict[int, Record] = {}
    for segment in existing:
        try:
            with segment.open() as file:
                for line in file:
                    if mark in line and (record := _record(line)) and record["id"] == article_id:
                        found[record["revision"]] = record
        except FileNotFoundError:
            continue  # its time was over, just now
        except (ZstdError, EOFError) as error:
            raise NoFeedError(f"{segment.path} cannot be decompressed: {error}") from error
    return dict(sorted(found.items()))


def _record(line: bytes) -> Record | None:
    """What `line` says; nothing when it is torn or broken, of which `newsline feed check` tells."""
    try:
        record: Record = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return record


def two_of(found: dict[int, Record], article_id: str, wanted: tuple[int, int] | None) -> tuple[Record, Record]:
    """The two revisions that are `wanted`, or else the last two.

    Raises:
        NoRevisionError: they are not there.
    """
    if not _ID.fullmatch(article_id):
        raise NoRevisionError(f'{article_id!r} is no id: what the feed says as "id", 32 digits from 0 to f')
    if not found:
        raise NoRevisionError(f"no article {article_id} in the feed")
    there = ", ".join(map(str, found))
    if wanted is None:
        if len(found) == 1:
            raise NoRevisionError(f"article {article_id} has one revision in the feed, {there}: nothing to compare")
        wanted = tuple(found)[-2], tuple(found)[-1]
    for number in wanted:
        if number not in found:
            raise NoRevisionError(f"article {article_id} has no revision {number} in the feed, only {there}")
    return found[wanted[0]], found[wanted[1]]


def compare(before: str, after: str) -> list[Change]:
    """`before` and `after` from beginning to end, as changes and what is the same; nothing is left out.

    Paragraphs are compared first, and the words of those that differ.
    """
    changes: list[Change] = []
    for each in _compared(_PARAGRAPH.findall(before), _PARAGRAPH.findall(after), _compare_words):
        changes.append(each)
        if len(changes) > 1 and changes[-2].same == each.same:
            _join_last(changes, 2)
        if len(changes) > 2 and not each.same and _BETWEEN.fullmatch(changes[-2].before):
            _join_last(changes, 3)
    return changes


def _compare_words(before: Sequence[str], after: Sequence[str]) -> Iterator[Change]:
    one, other = (_PIECE.findall("".join(paragraphs)) for paragraphs in (before, after))
    for a, b, c, d in _parts(one, other):
        yield from _compared(one[a:b], other[c:d], _joined)


def _join_last(changes: list[Change], count: int) -> None:
    last = changes[-count:]
    changes[-count:] = [Change("".join(each.before for each in last), "".join(each.after for each in last))]


def _joined(before: Sequence[str], after: Sequence[str]) -> Iterator[Change]:
    yield Change("".join(before), "".join(after))


def _compared(before: Sequence[str], after: Sequence[str], differ: _Differ) -> Iterator[Change]:
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from _joined(before[a:b], after[c:d])
        else:
            yield from differ(before[a:b], after[c:d])


def _parts(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Where both may be cut, so that the parts can be compared one by one: at runs of pieces that each has once.

    difflib takes time with the square of the length, and a live blog has 100,000 words.
    """
    cuts = [(0, 0)]
    if max(len(before), len(after)) > _MANY_PIECES:
        there = _once(after)
        cuts += _rising([(at, there[run]) for run, at in _once(before).items() if run in there])
    cuts.append((len(before), len(after)))
    for (a, c), (b, d) in pairwise(cuts):
        yield a, b, c, d


def _once(pieces: Sequence[str]) -> dict[tuple[str, ...], int]:
    """The runs of pieces that are there once, and where."""
    runs = list(zip(*(pieces[at:] for at in range(_RUN)), strict=False))
    count = Counter(runs)
    return {run: at for at, run in enumerate(runs) if count[run] == 1}


def _rising(places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest series of `places`, sorted by the first number, in which the second rises, too (patience sorting)."""
    tops: list[int] = []
    piles: list[int] = []
    below: list[int] = []
    for number, (_, there) in enumerate(places):
        pile = bisect(tops, there)
        below.append(piles[pile - 1] if pile else -1)
        tops[pile : pile + 1], piles[pile : pile + 1] = [there], [number]
    series = []
    number = piles[-1] if piles else -1
    while number >= 0:
        series.append(places[number])
        number = below[number]
    return series[::-1]
