"""Text to a moment: ISO 8601 and RFC 5322 as machines write them, dates in words and numbers as people do.

Never more precise than the text: a day without a time stays a day, a time without a zone stays without.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from typing import Literal

from schemas.text import one_line
from schemas.timestamp import Origin, Precision, Timestamp, timestamp
from workers.extraction.tables import table

Order = Literal["dmy", "mdy"]

_ISO = re.compile(
    r"(?<!\d)(?P<year>\d{4})(?:-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?!\d)|(?P<month2>\d\d)(?P<day2>\d\d)(?!\d))"
    r"(?:(?:\s*T\s*|\s+|,\s*|-)(?P<hour>\d{1,2})[:.]?(?P<minute>\d\d)(?::?(?P<second>\d{1,2})(?:[.,]\d+)?)?"
    r"\s*(?P<ampm>[ap]\.?m\.?(?!\w))?\s*(?P<zone>Z|(?:GMT|UTC)?\s*[+\-−]\d{1,2}:?\d{0,2}|[A-Za-z]{2,4}(?!\w))?)?",
    re.I,
)
_TIME = re.compile(
    r"(?<![\d.:/-])(?P<hour>[01]?\d|2[0-4])(?:(?:[:.]|h\s?|時|点|时|시\s?)(?P<minute>[0-5]\d)(?![\d/-])(?:(?::|分|분\s?)(?P<second>[0-5]\d))?(?:分|분)?|(?=\s*[ap]\.?m\b))"
    r"\s*(?P<ampm>[ap]\.?\s?m\b\.?)?\s*(?:uhr|hrs?|h\b)?\s*\(?(?P<zone>(?:GMT|UTC)?\s*[+\-−]\d{1,2}(?::?\d\d)?(?!\d)|[A-Za-zмскМСК]{1,5}(?!\w))?",
    re.I,
)
_YMD = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)\s?(?P<s>[-./年년])\s?(?P<month>\d{1,2})\s?(?:(?P=s)|[月월])\s?(?P<day>\d{1,2})(?!\d)"
)
_DMY = re.compile(
    r"(?<![\d./-])(?P<a>\d{1,2})\s?(?P<s>[-./])\s?(?P<b>\d{1,2})\s?(?P=s)\s?(?P<year>(?:19|20)\d\d|\d\d)(?![\d/-])"
)
_ERA = re.compile(r"(?:令和|平成)(?P<year>\d{1,2})年\s?(?P<month>\d{1,2})月\s?(?P<day>\d{1,2})日")
_NAME = r"[^\W\d_]+(?:['’.-][^\W\d_]+)*"
_WORDS_DMY = re.compile(
    rf"(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|ème|º|°|ª|\.|-?an|-?го)?[\s.\-/,]*(?:de\s|d['’]|of\s|ta['’]\s|tháng\s)?(?P<name>{_NAME})[.,]?[\s.\-/]*(?:de\s|del\s|al\s|г\.?\s)?(?P<year>(?:1[3-9]|2[05])\d\d)(?!\d)"
)
_WORDS_MDY = re.compile(
    rf"(?P<name>{_NAME})\.?\s*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s*,\s*|\s+|\.\s*)(?P<year>(?:19|20)\d\d)(?!\d)"
)
_WORDS_YMD = re.compile(
    rf"(?<!\d)(?P<year>(?:19|20)\d\d)\.?(?:\s*(?:m\.|metų|gada))?[\s,-]*(?P<name>{_NAME})\s*(?P<day>\d{{1,2}})(?!\d)"
)
_EPOCH = re.compile(r"^\d{10}(?:\d{3})?(?:\.\d+)?$")
_BUDDHIST = 543
_FIRST_YEAR = 1990


@dataclass(frozen=True)
class Moment:
    """A day, with the time of day and the offset where the text gives them."""

    when: datetime
    precision: Precision
    raw: str

    @property
    def day(self) -> date:
        """The calendar day as written."""
        return self.when.date()

    def stamp(self, origin: Origin) -> Timestamp | None:
        """The record, or None where no publisher can mean it."""
        return timestamp(self.when, precision=self.precision, origin=origin, raw=self.raw)


def parse_machine(text: str, language: str | None = None, order: Order = "mdy") -> Moment | None:
    """A moment a machine wrote: ISO 8601 in its usual misspellings, RFC 5322, Unix time; else as people write it."""
    text = _ascii_digits(one_line(text)[:120])
    if not text:
        return None
    if _EPOCH.match(text):
        seconds = float(text)
        try:
            return Moment(datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC), "second", text)
        except (ValueError, OverflowError, OSError):
            return None
    match = _ISO.search(text)
    if match and (
        moment := _build(
            match, int(match["year"]), int(match["month"] or match["month2"]), int(match["day"] or match["day2"]), text
        )
    ):
        return moment
    return parse_text(text, language, order)


def parse_text(text: str, language: str | None, order: Order = "dmy") -> Moment | None:
    """The first date in `text` as people of `language` write it; `order` reads 1/2/2024, where both can be."""
    text = _ascii_digits(one_line(text))
    found: list[tuple[int, int, date]] = []
    for pattern in (_YMD, _ERA, _DMY):
        for match in pattern.finditer(text):
            if day := _numeric(match, order):
                found.append((match.start(), match.end(), day))
                break
    for pattern in (_WORDS_DMY, _WORDS_MDY, _WORDS_YMD):
        for match in pattern.finditer(text):
            month = month_number(match["name"], language)
            year = int(match["year"])
            if year > 2400:
                year -= _BUDDHIST
            if month and (day := _date(year, month, int(match["day"]))):
                found.append((match.start(), match.end(), day))
                break
    if not found:
        return None
    start, end, day = min(found, key=lambda f: (f[0], -f[1]))
    near = _TIME.search(text[end : end + 40]) or _TIME.search(text[max(0, start - 25) : start])
    if near and (near["minute"] or near["ampm"]):
        moment = _build(near, day.year, day.month, day.day, text)
        if moment:
            return moment
    return Moment(datetime(day.year, day.month, day.day), "day", text[:120])


def _ascii_digits(text: str) -> str:
    """`text` with the decimal digits of all scripts as 0 to 9."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.digit(c)) if c.isdecimal() and not c.isascii() else c for c in text)


def month_number(name: str, language: str | None) -> int | None:
    """The month that `name` means in `language`, else in English, else in whatever languages agree on it."""
    word = name.casefold().rstrip(".")
    for tongue in (language, "en"):
        if tongue and (number := _months().get(tongue, {}).get(word)):
            return number
    return _any_month().get(word)


@cache
def _months() -> dict[str, dict[str, int]]:
    data = table("months")
    months: dict[str, dict[str, int]] = {}
    for part in ("cldr", "more"):
        for language, names in data[part].items():
            own = months.setdefault(language, {})
            for number, forms in enumerate(names, start=1):
                for form in forms.split("|"):
                    if form:
                        own[form.casefold()] = number
    return months


@cache
def _any_month() -> dict[str, int]:
    agreed: dict[str, int | None] = {}
    for names in _months().values():
        for name, number in names.items():
            agreed[name] = number if agreed.get(name, number) == number else None
    return {name: number for name, number in agreed.items() if number}


def _numeric(match: re.Match[str], order: Order) -> date | None:
    groups = match.groupdict()
    if "a" not in groups:
        year = int(groups["year"])
        if year < 100:
            year += 2018 if "令" in match[0] else 1988
        return _date(year, int(groups["month"]), int(groups["day"]))
    a, b, year = int(groups["a"]), int(groups["b"]), int(groups["year"])
    if year < 100:
        year += 2000 if year < 70 else 1900
    if a > 12 or groups["s"] == ".":
        order = "dmy"
    elif b > 12:
        order = "mdy"
    return _date(year, a, b) if order == "mdy" else _date(year, b, a)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if year >= _FIRST_YEAR else None
    except ValueError:
        return None


def _build(match: re.Match[str], year: int, month: int, day: int, raw: str) -> Moment | None:
    hour, minute, second = match["hour"], match["minute"], match["second"]
    raw = raw[:120]
    try:
        if hour is None:
            return Moment(datetime(year, month, day), "day", raw)
        hours = int(hour) % 24 if not match["ampm"] else int(hour) % 12 + (12 if match["ampm"][0] in "pP" else 0)
        when = datetime(year, month, day, hours, int(minute or 0), int(second or 0), tzinfo=_zone(match["zone"]))
    except ValueError:
        return None
    if not (when.hour or when.minute or when.second) and not when.utcoffset():
        return Moment(
            datetime(year, month, day), "day", raw
        )  # midnight without a zone is how programs write a bare date
    return Moment(when, "second" if second is not None else "minute", raw)


def _zone(text: str | None) -> timezone | None:
    name = (text or "").strip().lower().replace("−", "-")
    if not name:
        return None
    match = re.fullmatch(r"(?:gmt|utc)?\s*([+-])(\d{1,2}):?(\d\d)?", name)
    if match:
        digits = match[2] + (match[3] or "")
        minutes = int(match[2]) * 60 + int(match[3] or 0) if len(match[2]) == 2 or not match[3] else int(digits)
        if minutes > 15 * 60:
            return None
        return timezone(timedelta(minutes=-minutes if match[1] == "-" else minutes))
    zones = table("zones")["minutes"]
    return timezone(timedelta(minutes=zones[name])) if name in zones else None
