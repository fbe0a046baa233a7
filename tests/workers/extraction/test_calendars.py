"""Check the solar Hijri calendar against the first days of the years, as people celebrated them."""

from __future__ import annotations

from datetime import date

import pytest

from workers.extraction.fields.dates.calendars import from_solar_hijri, to_gregorian

#: Nowruz by the Gregorian calendar (timeanddate.com, University of Tehran's calendar centre).
NOWRUZ = {
    1370: (1991, 3, 21),
    1375: (1996, 3, 20),
    1376: (1997, 3, 21),
    1379: (2000, 3, 20),
    1387: (2008, 3, 20),
    1391: (2012, 3, 20),
    1395: (2016, 3, 20),
    1396: (2017, 3, 21),
    1399: (2020, 3, 20),
    1400: (2021, 3, 21),
    1403: (2024, 3, 20),
    1404: (2025, 3, 21),
}


@pytest.mark.parametrize("year", NOWRUZ)
def test_new_year(year: int) -> None:
    assert from_solar_hijri(year, 1, 1) == date(*NOWRUZ[year])


def test_each_day_follows_the_day_before() -> None:
    days = [
        day.toordinal()
        for year in range(1369, 1425)
        for month in range(1, 13)
        for number in range(1, 32)
        if (day := from_solar_hijri(year, month, number))
    ]
    assert days == list(range(days[0], days[0] + len(days)))


def test_a_missing_day_is_none() -> None:
    assert from_solar_hijri(1404, 12, 30) is None
    assert from_solar_hijri(1403, 12, 30) == date(2025, 3, 20)
    assert from_solar_hijri(1403, 13, 1) is None


def test_years_are_recognised_by_size_and_language() -> None:
    assert to_gregorian(2568, 11, 14) == date(2025, 11, 14)
    assert to_gregorian(1404, 8, 23, "fa") == date(2025, 11, 14)
    assert to_gregorian(1404, 8, 23, "ar") is None
