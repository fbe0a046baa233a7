"""Date stamps: the time of publication, the minutes of reading. A dateline in a sentence is no stamp."""

from __future__ import annotations

import re

import regex

from workers.cleaning.passage import Finding, Passage, Story
from workers.cleaning.phrases import phrases

_MOST_WORDS = 24
#: Letters with their marks. Without the marks, words of Thai and Hindi fall apart.
_PART = regex.compile(r"[\p{L}\p{M}]+(?:\.[\p{L}\p{M}]+)*")
_DIGIT = re.compile(r"\d")
#: A date, a time, or a number with its unit.
_WHEN = re.compile(
    r"\d{1,4}\s?[./:年월-]\s?\d{1,2}|\b\d{1,2}\.?\s+[^\W\d_]{3,}|[^\W\d_]{3}\.?\s+\d{1,2}\b|\b(?:19|20|25)\d\d\b"
    r"|\d{1,2}\s?[日时時分]|\d\s*(?:min|hour|day|std|h\b)"
)
_CJK_UNITS = re.compile("[年月日时時分秒년월일시분초更新发布時間时间発表于於公開配信入力수정입력오전오후]")
#: A date and a time as in ISO 8601.
_MACHINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?")


def judge(passage: Passage, story: Story) -> Finding | None:
    """Recognise a short line with a date or a time, and with no words other than those of dates."""
    if _MACHINE.fullmatch(passage.text):
        return Finding("dateline_stamp", True, "a moment as machines write it")
    if passage.item or len(passage.words) > _MOST_WORDS or len(passage.text) > 140:
        return None
    if not _DIGIT.search(passage.folded) or not _WHEN.search(passage.folded):
        return None
    date_words = phrases("dateline_stamp").words
    strange = [
        part
        for part in _PART.findall(_CJK_UNITS.sub(" ", passage.folded))
        if part not in date_words and part.rstrip(".") not in date_words
    ]
    if not strange:
        return Finding("dateline_stamp", passage.place != "inside" and not passage.heading, "a date and nothing else")
    if len(strange) <= 2 and "meta" in passage.near and passage.sentences == 0:
        return Finding("dateline_stamp", False, "a date in a box for data about the article")
    return None
