"""Read the revisions of an article from a feed's segments, and compare two of them word by word."""

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

#: A word; in scripts without spaces a character with its marks; or the characters between words.
_PIECE = regex.compile(rf"[{UNSPACED}]\p{{M}}*|(?:(?![{UNSPACED}])[\w\p{{M}}])+|\s+|\X")
_ID = regex.compile("[0-9a-f]{32}")
_PARAGRAPH = regex.compile(r"[^\n]+\n*|\n+")
#: Pieces above which texts are cut into parts before the comparison, and the length (pieces) of the runs at the cuts.
_MANY_PIECES = 3000
_RUN = 6
#: Equal text without a word or line feed: two changes around such text are joined.
_BETWEEN = regex.compile(r"[^\w\n]*")

Record = dict[str, Any]
_Differ = Callable[[Sequence[str], Sequence[str]], Iterator["Change"]]


class NoRevisionError(LookupError):
    """The feed has no such article, or not the requested revisions; the message names the existing revisions."""


@dataclass(frozen=True)
class Change:
    """A piece of text in the older revision (`before`) and in the newer revision (`after`)."""

    before: str
    after: str

    @property
    def same(self) -> bool:
        """Return whether both revisions have the same text."""
        return self.before == self.after


def revisions(directory: Path, article_id: str) -> dict[int, Record]:
    """Return the article's revisions in the feed in `directory`, by number, ascending.

    Raises:
        NoFeedError: the directory holds no feed, or a segment cannot be decompressed.
    """
    existing = segments(directory, "articles") if directory.is_dir() else []
    if not existing:
        raise NoFeedError(f"there is no feed in {directory}")
    quoted_id = orjson.dumps(article_id)
    by_number: dict[int, Record] = {}
    for segment in existing:
        try:
            with segment.open() as file:
                for line in file:
                    if quoted_id in line and (record := _record(line)) and record["id"] == article_id:
                        by_number[record["revision"]] = record
        except FileNotFoundError:
            continue  # the writer has just removed the segment
        except (ZstdError, EOFError) as error:
            raise NoFeedError(f"{segment.path} cannot be decompressed: {error}") from error
    return dict(sorted(by_number.items()))


def _record(line: bytes) -> Record | None:
    """Return the record in `line`, None for a torn or broken line (`newsline feed check` reports those)."""
    try:
        record: Record = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return record


def two_of(by_number: dict[int, Record], article_id: str, wanted: tuple[int, int] | None) -> tuple[Record, Record]:
    """Return the two `wanted` revisions of `by_number`, or without `wanted` the last two.

    Raises:
        NoRevisionError: the id is malformed, or the feed lacks the article or a wanted revision.
    """
    if not _ID.fullmatch(article_id):
        raise NoRevisionError(f'{article_id!r} is no id: copy the "id" of an article line, 32 digits from 0 to f')
    if not by_number:
        raise NoRevisionError(f"no article {article_id} in the feed")
    numbers = ", ".join(map(str, by_number))
    if wanted is None:
        if len(by_number) == 1:
            raise NoRevisionError(f"article {article_id} has one revision in the feed, {numbers}: nothing to compare")
        wanted = tuple(by_number)[-2], tuple(by_number)[-1]
    for number in wanted:
        if number not in by_number:
            raise NoRevisionError(f"article {article_id} has no revision {number} in the feed, only {numbers}")
    return by_number[wanted[0]], by_number[wanted[1]]


def compare(before: str, after: str) -> list[Change]:
    """Return `before` and `after` from beginning to end as equal and changed pieces; omit no character.

    Compare paragraphs first, then the words of differing paragraphs.
    """
    changes: list[Change] = []
    for change in _compared(_PARAGRAPH.findall(before), _PARAGRAPH.findall(after), _compare_words):
        changes.append(change)
        if len(changes) > 1 and changes[-2].same == change.same:
            _join_last(changes, 2)
        if len(changes) > 2 and not change.same and _BETWEEN.fullmatch(changes[-2].before):
            _join_last(changes, 3)
    return changes


def _compare_words(before: Sequence[str], after: Sequence[str]) -> Iterator[Change]:
    older, newer = (_PIECE.findall("".join(paragraphs)) for paragraphs in (before, after))
    for a, b, c, d in _parts(older, newer):
        yield from _compared(older[a:b], newer[c:d], _joined)


def _join_last(changes: list[Change], count: int) -> None:
    last = changes[-count:]
    changes[-count:] = [Change("".join(change.before for change in last), "".join(change.after for change in last))]


def _joined(before: Sequence[str], after: Sequence[str]) -> Iterator[Change]:
    yield Change("".join(before), "".join(after))


def _compared(before: Sequence[str], after: Sequence[str], differ: _Differ) -> Iterator[Change]:
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from _joined(before[a:b], after[c:d])
        else:
            yield from differ(before[a:b], after[c:d])


def _parts(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Yield matching slices of both texts, cut at runs of pieces with a single occurrence in each text.

    difflib's time grows with the square of the length, and a live blog has 100,000 words.
    """
    cuts = [(0, 0)]
    if max(len(before), len(after)) > _MANY_PIECES:
        places_after = _single_runs(after)
        runs = _single_runs(before).items()
        cuts += _rising([(place, places_after[run]) for run, place in runs if run in places_after])
    cuts.append((len(before), len(after)))
    for (a, c), (b, d) in pairwise(cuts):
        yield a, b, c, d


def _single_runs(pieces: Sequence[str]) -> dict[tuple[str, ...], int]:
    """Return the runs with a single occurrence in `pieces`, and their positions."""
    runs = list(zip(*(pieces[at:] for at in range(_RUN)), strict=False))
    count = Counter(runs)
    return {run: at for at, run in enumerate(runs) if count[run] == 1}


def _rising(places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest series of `places` with rising second numbers (patience sorting).

    The first numbers of `places` rise already.
    """
    tops: list[int] = []
    piles: list[int] = []
    below: list[int] = []
    for number, (_, place_after) in enumerate(places):
        pile = bisect(tops, place_after)
        below.append(piles[pile - 1] if pile else -1)
        tops[pile : pile + 1], piles[pile : pile + 1] = [place_after], [number]
    series = []
    number = piles[-1] if piles else -1
    while number >= 0:
        series.append(places[number])
        number = below[number]
    return series[::-1]
