"""Read a text into a `Moment`: ISO 8601 and RFC 5322 from machines, dates in words and numbers from people.

The other files of this folder call `parse_machine` and `parse_text` for each text, and so do live blogs (body/live.py);
personal_names asks for month names. A moment is never more precise than the text: a day without a time stays a day, a
time without a zone stays without a zone.
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
from workers.extraction.fields.dates.calendars import eras, from_solar_hijri, solar_hijri_month, to_gregorian
from workers.extraction.fields.letters import LETTER
from workers.extraction.tables import any_of, table

Order = Literal["dmy", "mdy"]

_ISO = re.compile(
    r"(?<!\d)(?P<year>\d{4})(?:-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?!\d)|(?P<month2>\d\d)(?P<day2>\d\d)(?!\d))"
    r"(?:(?:\s*T\s*|\s+|,\s*|-)(?P<hour>\d{1,2})[:.]?(?P<minute>\d\d)(?::?(?P<second>\d{1,2})(?:[.,]\d+)?)?"
    r"\s*(?:(?P<am>a\.?m\.?(?!\w))|(?P<pm>p\.?m\.?(?!\w)))?\s*(?P<zone>Z|(?:GMT|UTC)?\s*[+\-−]\d{1,2}:?\d{0,2}|[A-Za-z]{2,4}(?!\w))?)?",
    re.I,
)
_WORDS = table("date_words")


def _half(form: str) -> str:
    """Return the pattern for a half of the day, as spelled in `half_after` of tables/date_words.toml."""
    if form.endswith("*"):
        return rf"{form[:-1]}\w*"
    if " " in form:
        return r"\.?\s?".join(form.split()) + r"\b\.?"
    return re.escape(form) + r"(?!\w)"


_BEFORE, _AFTER = _WORDS["half_before"], _WORDS["half_after"]
_HOUR, _MINUTE, _END = (any_of(_WORDS["clock"][part]) for part in ("hour", "minute", "end"))
_TIME = re.compile(
    rf"(?<![\d.:/-])(?:(?:(?P<early>{any_of(_BEFORE['forenoon'])})|(?P<late>{any_of(_BEFORE['afternoon'])}))\s*)?"
    rf"(?P<hour>[01]?\d|2[0-4])(?:(?:[:.]|\s?{_HOUR}\s?)(?P<minute>[0-5]\d)(?![\d/-])"
    rf"(?:(?::|{_MINUTE}\s?)(?P<second>[0-5]\d))?{_MINUTE}?|(?=\s*[ap]\.?m\b))"
    rf"\s*(?:(?P<am>{'|'.join(map(_half, _AFTER['forenoon']))})|(?P<pm>{'|'.join(map(_half, _AFTER['afternoon']))}))?"
    rf"\s*(?:{_END}(?!\w))?\s*\(?"
    r"(?P<zone>(?:GMT|UTC)?\s*[+\-−]\d{1,2}(?::?\d\d)?(?!\d)|[A-Za-zмскМСК]{1,5}(?!\w))?",
    re.I,
)
_YMD = re.compile(
    r"(?<!\d)(?P<year>(?:19|20|1[34]|25)\d\d)\s?(?P<s>[-./年년])\s?(?P<month>\d{1,2})\s?(?:(?P=s)|[月월])\s?(?P<day>\d{1,2})(?!\d)"
)
_DMY = re.compile(
    r"(?<![\d./-])(?P<a>\d{1,2})\s?(?P<s>[-./])\s?(?P<b>\d{1,2})\s?(?P=s)\s?(?P<year>(?:19|20|25)\d\d|\d\d)(?![\d/-])"
)
_ERA = re.compile(
    rf"(?P<era>{'|'.join(map(re.escape, eras()))})\s?(?P<year>\d{{1,3}}|元)\s?年"
    r"\s?(?P<month>\d{1,2})\s?月\s?(?P<day>\d{1,2})\s?日"
)
#: Dates with the month's number and the word "month", which languages put together in different ways.
_NUMBERED = [re.compile(rf"(?<!\d){pattern}(?!\d)", re.I) for pattern in _WORDS["numbered"]["patterns"]]
_NAME = rf"{LETTER}{{1,40}}(?:['’.-]{LETTER}{{1,40}}){{0,4}}"
_DAY_END, _OF_MONTH, _OF_YEAR, _YEAR_END, _YEAR_AND_DAY = (
    any_of(_WORDS["beside"][part]) for part in ("day", "month", "year", "year_end", "year_and_day")
)
_WORDS_DMY = re.compile(
    rf"(?<!\d)(?P<day>\d{{1,2}}){_DAY_END}?[\s.\-/,]*(?:{_OF_MONTH}(?:(?<=['’])|\s))?(?P<name>{_NAME})(?:\s?/\s?{_NAME})?"
    rf"[.,،]?[\s.\-/]*(?:{_OF_YEAR}(?:(?<=\.)|\s))?(?P<year>(?:1[3-9]|2[05])\d\d)(?!\d)"
)
_WORDS_MDY = re.compile(
    rf"(?P<name>{_NAME})\.?\s*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s*,\s*|\s+|\.\s*)(?P<year>(?:19|20)\d\d)(?!\d)"
)
_WORDS_YMD = re.compile(
    rf"(?<!\d)(?P<year>(?:19|20)\d\d)\.?(?:\s*{_YEAR_END})?[\s,-]*(?P<name>{_NAME})\s*(?P<day>\d{{1,2}})(?!\d)"
)
_WORDS_YDM = re.compile(
    rf"(?<!\d)(?P<year>(?:19|20)\d\d)[.-]?\s?{_YEAR_AND_DAY}\s*(?P<day>\d{{1,2}})[.-]?\s?(?P<name>{_NAME})"
)

#: A year of the Buddhist era without the century, as Thai pages write beside a month in Thai.
_THAI_SHORT = re.compile(
    r"(?<!\d)(?P<day>\d{1,2})\s*(?P<name>[\u0e01-\u0e4e]+(?:\.[\u0e01-\u0e4e]+)?)\.?\s*(?P<year>\d\d)(?![\d:.])"
)
_CENTURY = 2500
#: A machine's year before 1500 is a year of another calendar.
_GREGORIAN_FROM = 1500
#: The groups of a match for the half of the day before noon, and for the half after.
_HALVES = ("am", "early"), ("pm", "late")
_EPOCH = re.compile(r"^\d{10}(?:\d{3})?(?:\.\d+)?$")


@dataclass(frozen=True)
class Moment:
    """A day, with the time of day and the offset when the text gives them."""

    when: datetime
    precision: Precision
    raw: str

    @property
    def day(self) -> date:
        """The calendar day as written."""
        return self.when.date()

    def stamp(self, origin: Origin) -> Timestamp | None:
        """Return the record's timestamp; None when in the future, before 1990 or at the epoch."""
        return timestamp(self.when, precision=self.precision, origin=origin, raw=self.raw)


def parse_machine(text: str, language: str | None = None, order: Order = "mdy") -> Moment | None:
    """Return the moment in a machine's text, or None.

    Forms in order: Unix time in seconds or milliseconds; ISO 8601 with the usual misspellings; RFC 5322 and all other
    forms, by `parse_text`.
    """
    text = _ascii_digits(one_line(text)[:120])
    if not text:
        return None
    if _EPOCH.match(text):
        seconds = float(text)
        try:
            return Moment(datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC), "second", text)
        except (ValueError, OverflowError, OSError):
            return None
    if (match := _ISO.search(text)) and (moment := _iso_moment(match, text, language)):
        if match["hour"] is None and (worded := parse_text(text, language, order)) and worded.day == moment.day:
            return worded  # the time follows in the form of people: "2025-11-14 오후 3:20"
        return moment
    return parse_text(text, language, order)


def _iso_moment(match: re.Match[str], raw: str, language: str | None) -> Moment | None:
    """Return the moment in a match of `_ISO`, in whichever calendar."""
    year = int(match["year"])
    month, day = int(match["month"] or match["month2"]), int(match["day"] or match["day2"])
    if year < _GREGORIAN_FROM and (gregorian := to_gregorian(year, month, day, language)):
        year, month, day = gregorian.year, gregorian.month, gregorian.day
    return _build(match, year, month, day, raw)


def parse_text(text: str, language: str | None, order: Order = "dmy") -> Moment | None:
    """Return the first date in `text`, as people of `language` write; `order` decides the two readings of 1/2/2024."""
    raw = one_line(text)
    text = _one_word_months(_ascii_digits(raw))
    spans: list[tuple[int, int, date]] = []
    for pattern in (_YMD, _ERA, _DMY, *_NUMBERED):
        for match in pattern.finditer(text):
            if day := _numeric(match, language, order):
                spans.append((match.start(), match.end(), day))
                break
    for pattern in (_WORDS_DMY, _WORDS_MDY, _WORDS_YMD, _WORDS_YDM, _THAI_SHORT):
        for match in pattern.finditer(text):
            if day := _worded(match, language):
                spans.append((match.start(), match.end(), day))
                break
    if not spans:
        return None
    start, end, day = min(spans, key=lambda span: (span[0], -span[1]))
    clock = _TIME.search(text[end : end + 40]) or _TIME.search(text[max(0, start - 25) : start])
    if clock and (clock["minute"] or clock["am"] or clock["pm"]):
        moment = _build(clock, day.year, day.month, day.day, raw)
        if moment:
            return moment
    return Moment(datetime(day.year, day.month, day.day), "day", raw[:120])


def _ascii_digits(text: str) -> str:
    """Return `text` with the decimal digits of all scripts as 0 to 9."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.digit(c)) if c.isdecimal() and not c.isascii() else c for c in text)


def month_number(name: str, language: str | None) -> int | None:
    """Return the month called `name` in `language`, else in English, else in all languages that agree on the name."""
    word = name.casefold().rstrip(".")
    for tongue in (language, "en"):
        if tongue and (number := _months().get(tongue, {}).get(word)):
            return number
    return _any_month().get(word)


def _one_word_months(text: str) -> str:
    """Return `text` with hyphens inside month names of several words ("تشرين الثاني"), so that each is a word."""
    if text.isascii():
        return text
    return _long_months().sub(lambda match: match[0].replace(" ", "-"), text)


@cache
def _long_months() -> re.Pattern[str]:
    names = {
        form
        for part in ("cldr", "more")
        for forms in table("months")[part].values()
        for entry in forms
        for form in entry.split("|")
    }
    long = sorted((name for name in names if " " in name and not name.isascii()), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, long))})(?!\w)", re.I)


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
                        own[form.casefold().replace(" ", "-")] = number
    return months


@cache
def _any_month() -> dict[str, int]:
    """Return the month names with the same number in all languages."""
    agreed: dict[str, int | None] = {}
    for names in _months().values():
        for name, number in names.items():
            agreed[name] = number if agreed.get(name, number) == number else None
    return {name: number for name, number in agreed.items() if number}


def _worded(match: re.Match[str], language: str | None) -> date | None:
    """Return the day in a match with the name of a month."""
    name, year, day = match["name"], int(match["year"]), int(match["day"])
    if month := month_number(name, language):
        return to_gregorian(year if year > 99 else _CENTURY + year, month, day)
    if not name.isascii() and (month := solar_hijri_month(name.casefold())):
        return from_solar_hijri(year, month, day)
    return None


def _numeric(match: re.Match[str], language: str | None, order: Order) -> date | None:
    """Return the day in a match of numbers; `order` counts only for two numbers up to 12 without dots between."""
    groups = match.groupdict()
    if "era" in groups:
        year = eras()[groups["era"]] + (1 if groups["year"] == "元" else int(groups["year"]))
        return to_gregorian(year, int(groups["month"]), int(groups["day"]))
    if "a" not in groups:
        return to_gregorian(int(groups["year"]), int(groups["month"]), int(groups["day"]), language)
    a, b, year = int(groups["a"]), int(groups["b"]), int(groups["year"])
    if year < 100:
        year += 2000 if year < 70 else 1900
    if a > 12 or groups["s"] == ".":
        order = "dmy"
    elif b > 12:
        order = "mdy"
    return to_gregorian(year, a, b) if order == "mdy" else to_gregorian(year, b, a)


def _build(match: re.Match[str], year: int, month: int, day: int, raw: str) -> Moment | None:
    """Return the moment on this day at the time in `match`, or None for an impossible time."""
    hour, minute, second = match["hour"], match["minute"], match["second"]
    raw = raw[:120]
    try:
        if hour is None:
            return Moment(datetime(year, month, day), "day", raw)
        groups = match.groupdict()
        before_noon, after_noon = (any(groups.get(half) for half in halves) for halves in _HALVES)
        hours = int(hour) % 12 + 12 * after_noon if before_noon or after_noon else int(hour) % 24
        when = datetime(year, month, day, hours, int(minute or 0), int(second or 0), tzinfo=_zone(match["zone"]))
    except ValueError:
        return None
    if not (when.hour or when.minute or when.second) and not when.utcoffset():
        # programs write a bare date as midnight without a zone or in UTC
        return Moment(datetime(year, month, day), "day", raw)
    return Moment(when, "second" if second is not None else "minute", raw)


def _zone(text: str | None) -> timezone | None:
    """Return the zone for an offset or a zone name; None for none, an unknown name, or more than 15 hours."""
    name = (text or "").strip().lower().replace("−", "-")
    if not name:
        return None
    match = re.fullmatch(r"(?:(?:gmt|utc)\s*)?([+-])(\d{1,2}):?(\d\d)?", name)
    if match:
        digits = match[2] + (match[3] or "")
        minutes = int(match[2]) * 60 + int(match[3] or 0) if len(match[2]) == 2 or not match[3] else int(digits)
        if minutes > 15 * 60:
            return None
        return timezone(timedelta(minutes=-minutes if match[1] == "-" else minutes))
    zones = table("zones")["minutes"]
    return timezone(timedelta(minutes=zones[name])) if name in zones else None
