"""Dates of other calendars as Gregorian ones: Buddhist years, solar Hijri (Iran), Japanese and Minguo eras.

The lunar Hijri calendar is not among them: its months begin when a moon is seen, and pages that use it give the
Gregorian date beside it.
"""

from __future__ import annotations

from datetime import date
from functools import cache

from workers.extraction.tables import table

#: Languages whose pages count years from the Hijra by the sun.
SOLAR_HIJRI = frozenset({"fa", "prs", "ps", "mzn", "glk", "lrc", "azb"})
_BUDDHIST, _BUDDHIST_FROM, _BUDDHIST_TO = 543, 2500, 2700
#: Years of the solar Hijri calendar in which there are news pages (1990 to 2051).
_HIJRI_FROM, _HIJRI_TO = 1368, 1430
#: The ordinal of the day before the first of Farvardin of year 1, and the days before each month.
_HIJRI_EPOCH = 226_894
_FIRST_YEAR = 1990


def to_gregorian(year: int, month: int, day: int, language: str | None = None) -> date | None:
    """The date; years of the Buddhist era are told by their size, solar Hijri ones by size and `language`."""
    if _BUDDHIST_FROM <= year < _BUDDHIST_TO:
        year -= _BUDDHIST
    elif _HIJRI_FROM <= year < _HIJRI_TO:
        return from_solar_hijri(year, month, day) if language in SOLAR_HIJRI else None
    try:
        return date(year, month, day) if year >= _FIRST_YEAR else None
    except ValueError:
        return None


def from_solar_hijri(year: int, month: int, day: int) -> date | None:
    """The date of a day of the solar Hijri calendar.

    Leap years by the 33-year rule, which agrees with the calendar's own, the equinox seen from Iran, for the years
    1178 to 1633 (Heydari-Malayeri 2004, "A concise review of the Iranian calendar").
    """
    if not (_HIJRI_FROM <= year < _HIJRI_TO and 1 <= month <= 12):
        return None
    if not 1 <= day <= (31 if month <= 6 else 30 if month <= 11 or _is_leap(year) else 29):
        return None
    before = 31 * (month - 1) - max(0, month - 7)
    return date.fromordinal(_HIJRI_EPOCH + 365 * (year - 1) + (8 * year + 21) // 33 + before + day)


def _is_leap(year: int) -> bool:
    return (25 * year + 11) % 33 < 8


def solar_hijri_month(name: str) -> int | None:
    """The number of the solar Hijri month of this name (folded), in any of the languages that have it."""
    return _hijri_months().get(name)


@cache
def _hijri_months() -> dict[str, int]:
    return {
        form: number
        for names in table("calendars")["solar_hijri"].values()
        for number, forms in enumerate(names, start=1)
        for form in forms.split("|")
    }


def eras() -> dict[str, int]:
    """The names of eras, and of each the year before its first."""
    found: dict[str, int] = table("calendars")["eras"]
    return found
