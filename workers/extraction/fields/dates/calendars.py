"""Turn days of other calendars into Gregorian dates: Buddhist years, solar Hijri (Iran), Japanese and Minguo eras.

date_parser calls this file for each day in a text; visible_dates takes the names of the eras. The lunar Hijri calendar
is left out: a month begins when the new moon is seen, and pages with lunar dates give the Gregorian date too.
"""

from __future__ import annotations

from datetime import date
from functools import cache

import jdatetime

from workers.extraction.tables import table

_BUDDHIST, _BUDDHIST_FROM, _BUDDHIST_TO = 543, 2500, 2700
#: Years of the solar Hijri calendar with news pages (1990 to 2051).
_HIJRI_FROM, _HIJRI_TO = 1368, 1430
_FIRST_YEAR = 1990


def to_gregorian(year: int, month: int, day: int, language: str | None = None) -> date | None:
    """Return the date: a Buddhist year is recognised by size, a solar Hijri year by size and `language`."""
    if _BUDDHIST_FROM <= year < _BUDDHIST_TO:
        year -= _BUDDHIST
    elif _HIJRI_FROM <= year < _HIJRI_TO:
        is_used = language in table("calendars")["solar_hijri"]["languages"]
        return from_solar_hijri(year, month, day) if is_used else None
    try:
        return date(year, month, day) if year >= _FIRST_YEAR else None
    except ValueError:
        return None


def from_solar_hijri(year: int, month: int, day: int) -> date | None:
    """Return the date of a day of the solar Hijri calendar; None for a day that the calendar lacks."""
    if not _HIJRI_FROM <= year < _HIJRI_TO:
        return None
    try:
        gregorian: date = jdatetime.date(year, month, day).togregorian()
    except ValueError:
        return None
    return gregorian


def solar_hijri_month(name: str) -> int | None:
    """Return the number of the solar Hijri month with this folded name, in any language of the table."""
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
    """Return the names of the eras, each with the year before the first year of the era."""
    names: dict[str, int] = table("calendars")["eras"]
    return names
