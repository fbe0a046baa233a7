"""Features of a block's own text: size, letters and signs, telling phrases."""

from __future__ import annotations

import re
from operator import itemgetter

from workers.cleaning.appeal import appeal
from workers.cleaning.phrases import phrases
from workers.extraction.body.features.columns import OTHER_TAG, TAGS, Columns
from workers.extraction.reading.block_measures import MeasuredPage

_SENTENCE_END = re.compile(r"[.!?…。！？｡؟۔।።។៕](?=[\s\"'”’»)\]」』]|$)|[。！？｡]")
_FINAL = tuple('.!?…。！？؟۔।።។៕"”’»」』）)]')
_DASHES = ("-", "–", "—", "•", "·", "►", "▶", ">")
_COMMAS = ",;，、；،؛"
_QUOTES = '"“”„«»「」『』‘’'
_DIGIT = re.compile(r"\d")
_FIRST = itemgetter(0)
_DIGITS = "0123456789"
#: Each form begins with a digit, and the test for the beginning of a word comes after the digit: so the search goes
#: from digit to digit.
_DATE = re.compile(
    r"\d(?<=\b\d)\d?[./:-]\d{1,2}[./-]?(?:\d{2,4})?\b|\d(?<=\b1)9\d\d\b|\d(?<=\b2)0\d\d\b"
    r"|\d(?<=\b\d)\d?:\d\d\b|\d\d?\s?[日月]"
)
_KOREAN_DATE = re.compile(r"[년월일]\s")
_SYMBOLS = "|•·©@#►▶»›→/"
#: Tables of phrases (workers/cleaning/phrases) and the most words of a block for which they are telling.
_APPEAL_WORDS = 80
_SAID_AT_START = {"related": 60}
_SAID_ANYWHERE = {"newsletter": 90, "promo": 90, "caption": 90}


def wording_columns(page: MeasuredPage, candidates: list[int]) -> Columns:
    """Return the columns of `candidates`."""
    measured = [page.blocks[index] for index in candidates]
    blocks = [m.block for m in measured]
    texts = [block.text for block in blocks]
    lengths = [len(text) for text in texts]
    words = [m.words for m in measured]
    counts = [max(1, len(own)) for own in words]
    digits = [_count(text, _DIGITS) if text.isascii() else len(_DIGIT.findall(text)) for text in texts]
    return {
        "size": [m.size for m in measured],
        "words": [len(own) for own in words],
        "link_density": [m.link_density for m in measured],
        "links": [sum(run[1] is not None for run in block.runs) if block.linked else 0 for block in blocks],
        "bold": [block.bold / length for block, length in zip(blocks, lengths, strict=True)],
        "italic": [block.italic / length for block, length in zip(blocks, lengths, strict=True)],
        "breaks": [block.breaks for block in blocks],
        "sentences": [len(_SENTENCE_END.findall(text)) for text in texts],
        "final": [text.endswith(_FINAL) for text in texts],
        "capitals": [sum(map(str.isupper, map(_FIRST, own))) / count for own, count in zip(words, counts, strict=True)],
        "digits": [count / length for count, length in zip(digits, lengths, strict=True)],
        "word_length": [sum(map(len, own)) / count for own, count in zip(words, counts, strict=True)],
        "commas": [_count(text, _COMMAS) * 100 / length for text, length in zip(texts, lengths, strict=True)],
        "quotes": [_count(text, _QUOTES) for text in texts],
        "dates": [
            (len(_DATE.findall(text)) + (not text.isascii() and len(_KOREAN_DATE.findall(text)))) / count
            for text, count in zip(texts, counts, strict=True)
        ],
        "symbols": [_count(text, _SYMBOLS) + text.count("http:") + text.count("https:") for text in texts],
        "dash_start": [text.startswith(_DASHES) for text in texts],
        "tag": [TAGS.get(block.tag, OTHER_TAG) for block in blocks],
        "page_wide": [(m.size - length) / length for m, length in zip(measured, lengths, strict=True)],
        **_phrase_columns(texts, [len(own) for own in words]),
    }


def _count(text: str, characters: str) -> int:
    """Return how many of `characters` are in `text`."""
    return sum(map(text.count, characters))


def _phrase_columns(texts: list[str], counts: list[int]) -> Columns:
    folded = [text.casefold().replace("’", "'").strip(" >»▶►→|•·*-–—[]【】") for text in texts]
    columns: Columns = {
        "appeal": [
            appeal(text).points if count <= _APPEAL_WORDS else 0 for text, count in zip(folded, counts, strict=True)
        ]
    }
    for kind, most in _SAID_AT_START.items():
        starts = phrases(kind).starts
        columns[f"says_{kind}"] = [
            count <= most and starts(text) is not None for text, count in zip(folded, counts, strict=True)
        ]
    for kind, most in _SAID_ANYWHERE.items():
        anywhere = phrases(kind).anywhere
        columns[f"says_{kind}"] = [
            count <= most and anywhere(text) is not None for text, count in zip(folded, counts, strict=True)
        ]
    return columns
