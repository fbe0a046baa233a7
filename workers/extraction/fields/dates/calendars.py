"""Dates of other calendars as Gregorian ones: Buddhist years, solar Hijri (Iran), Japanese and Minguo eras.

The lunar Hijri calendar is not among them: its months begin when a moon is seen, and pages that use it give the
Gregorian date beside it.
"""

from __future__ import annotations

from datetime import date
from functools import cache

import jdatetime

from workers.extraction.tables import table

_BUDDHIST, _BUDDHIST_FROM, _BUDDHIST_TO = 543, 2500, 2700
#: Years of the solar Hijri calendar in which there are news pages (1990 to 2051).
_HIJRI_FROM, _HIJRI_TO = 1368, 1430
_FIRST_YEAR = 1990


def to_gregorian(year: int, month: int, day: int, language: str | None = None) -> date | None:
    """The date; years of the Buddhist era are told by their size, solar Hijri ones by size and `language`."""
    if _BUDDHIST_FROM <= year < _BUDDHIST_TO:
        year -= _BUDDHIST
    elif _HIJRI_FROM <= year < _HIJRI_TO:
        counted = language in table("calendars")["solar_hijri"]["languages"]
        return from_solar_hijri(year, month, day) if counted else None
    try:
        return date(year, month, day) if year >= _FIRST_YEAR else None
    except ValueError:
        return None


def from_solar_hijri(year: int, month: int, day: int) -> date | None:
    """The date of a day of the solar Hijri calendar; None for a day that it does not have."""
    if not _HIJRI_FROM <= year < _HIJRI_TO:
        return None
    try:
        found: date = jdatetime.date(year, month, day).togregorian()
    except ValueError:
        return None
    return found


def solar_hijri_month(name: str) -> int | None:
    """The number of the solar Hijri month of this name (folded), in any of the languages that have it."""
    return _hijri_months().get(name)


@cache
def _hijri_months() -> dict[str, int]:
    return {
        form: number
        for names in table("calendars")["solar_hijri"]["months"].values()
        for number, forms in enumerate(names, start=1)
        for form in forms.split("|")
    }


def eras() -> dict[str, int]:
    """The names of eras, and of each the year before its first."""
    found: dict[str, int] = table("calendars")["eras"]
    return found
