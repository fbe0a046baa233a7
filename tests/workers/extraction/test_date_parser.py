"""Check texts against their moments, in tables of cases."""

from __future__ import annotations

import pytest

from workers.extraction.fields.dates.date_parser import Moment, parse_machine, parse_text

MACHINE = [
    ("2023-04-28T20:22:00+02:00", "2023-04-28T20:22:00+02:00", "second"),
    ("2023-04-28T20:22:00.123Z", "2023-04-28T20:22:00+00:00", "second"),
    ("2023-04-28T20:22+0200", "2023-04-28T20:22:00+02:00", "minute"),
    ("2023-04-28 20:22:00", "2023-04-28T20:22:00", "second"),
    ("2023-04-28 20:22:00 -05", "2023-04-28T20:22:00-05:00", "second"),
    ("2020-12-05T23:15:0Z", "2020-12-05T23:15:00+00:00", "second"),
    ("20230428T202200Z", "2023-04-28T20:22:00+00:00", "second"),
    ("2023-04-28", "2023-04-28T00:00:00", "day"),
    ("2022-5-5 22:17:36", "2022-05-05T22:17:36", "second"),
    ("2023-04-28T00:00:00Z", "2023-04-28T00:00:00", "day"),
    ("2023-04-28T00:00:00+02:00", "2023-04-28T00:00:00+02:00", "second"),
    ("Fri, 28 Apr 2023 20:22:00 GMT", "2023-04-28T20:22:00+00:00", "second"),
    ("Mon, Jan 7 2019 15:37:00 EST", "2019-01-07T15:37:00-05:00", "second"),
    ("1682713320", "2023-04-28T20:22:00+00:00", "second"),
    ("1682713320000", "2023-04-28T20:22:00+00:00", "second"),
    ("April 28, 2023 8:22 p.m.", "2023-04-28T20:22:00", "minute"),
    ("12 a.m. 2023", None, None),
    ("2023-13-45", None, None),
    ("0000-00-00T00:00:00Z", None, None),
    ("", None, None),
]


def spelled(moment: Moment | None) -> tuple[str | None, str | None]:
    """Return the time and the precision of `moment`."""
    return (moment.when.isoformat(), moment.precision) if moment else (None, None)


@pytest.mark.parametrize(("text", "when", "precision"), MACHINE)
def test_machine(text: str, when: str | None, precision: str | None) -> None:
    assert spelled(parse_machine(text)) == (when, precision)


PEOPLE = [
    ("de", "Stand: 3. März 2024, 14:05 Uhr", "2024-03-03T14:05:00", "minute"),
    ("de", "03.02.2024 | 08:15", "2024-02-03T08:15:00", "minute"),
    ("de", "24. Jänner 2023", "2023-01-24T00:00:00", "day"),
    ("fr", "Publié le 1er février 2024 à 14h05", "2024-02-01T14:05:00", "minute"),
    ("es", "3 de mayo de 2022 21:25", "2022-05-03T21:25:00", "minute"),
    ("pt", "03/05/2022 21:44", "2022-05-03T21:44:00", "minute"),
    ("it", "Domenica 06 Dicembre 2020 | 00:36", "2020-12-06T00:36:00", "minute"),
    ("nl", "Gepubliceerd op 5 maart 2021 om 09:30", "2021-03-05T09:30:00", "minute"),
    ("sv", "Publicerad 12 maj 2023 kl 07.15", "2023-05-12T07:15:00", "minute"),
    ("fi", "7.1.2024 18:05", "2024-01-07T18:05:00", "minute"),
    ("pl", "2 października 2023, 11:12", "2023-10-02T11:12:00", "minute"),
    ("cs", "14. srpna 2022 6:00", "2022-08-14T06:00:00", "minute"),
    ("ru", "15 мая 2021, 10:30", "2021-05-15T10:30:00", "minute"),
    ("hu", "2024. január 5. 12:40", "2024-01-05T12:40:00", "minute"),
    ("tr", "8 Şubat 2023 16:20", "2023-02-08T16:20:00", "minute"),
    ("id", "Sabtu, 9 Agustus 2025 13:01 WIB", "2025-08-09T13:01:00+07:00", "minute"),
    ("fa", "چهارشنبه ۲۳ آبان ۱۴۰۳ - ۱۰:۱۵", "2024-11-13T10:15:00", "minute"),
    ("fa", "۱۴۰۴/۰۸/۲۳ - ۱۸:۴۰", "2025-11-14T18:40:00", "minute"),
    ("ps", "۲۳ لړم ۱۴۰۳", "2024-11-13T00:00:00", "day"),
    ("ar", "1447/05/23", None, None),
    ("ar", "23 جمادى الأولى 1447 هـ - 14 تشرين الثاني 2025 م", "2025-11-14T00:00:00", "day"),
    ("ar", "١٤ نوفمبر/ تشرين الثاني ٢٠٢٥ - 3:20 مساءً", "2025-11-14T15:20:00", "minute"),
    ("th", "14 พ.ย. 2568 เวลา 09.30 น.", "2025-11-14T09:30:00", "minute"),
    ("th", "14/11/2568 17:05", "2025-11-14T17:05:00", "minute"),
    ("ja", "令和元年5月1日", "2019-05-01T00:00:00", "day"),
    ("ja", "2025年11月14日 午後3時20分", "2025-11-14T15:20:00", "minute"),
    ("ko", "2025.11.14. 오후 3:20", "2025-11-14T15:20:00", "minute"),
    ("ko", "2025-11-14 오전 12:20", "2025-11-14T00:20:00", "minute"),
    ("zh", "中華民國114年11月14日 10:20", "2025-11-14T10:20:00", "minute"),
    ("zh", "2025年11月14日 下午15:20", "2025-11-14T15:20:00", "minute"),
    ("hi", "शुक्रवार, 14 नवंबर 2025 (10:20 IST)", "2025-11-14T10:20:00", "minute"),
    ("bn", "১৪ নভেম্বর ২০২৫, ১০:২০", "2025-11-14T10:20:00", "minute"),
    ("ne", "२८ कार्तिक २०८२", None, None),
    ("vi", "ngày 14 tháng 11 năm 2025", "2025-11-14T00:00:00", "day"),
    ("mn", "2025 оны 11 дүгээр сарын 14", "2025-11-14T00:00:00", "day"),
    ("eu", "2025eko azaroaren 14a - 10:20", "2025-11-14T10:20:00", "minute"),
    ("lv", "2025. gada 14. novembrī plkst. 10:20", "2025-11-14T10:20:00", "minute"),
    ("kk", "2025 жылғы 14 қараша", "2025-11-14T00:00:00", "day"),
    ("he", "14 בנובמבר 2025, 08:12", "2025-11-14T08:12:00", "minute"),
    ("el", "14 Νοεμβρίου 2025, 3:20 μ.μ.", "2025-11-14T15:20:00", "minute"),
    ("zh", "发布时间：2022年02月13日 09:57", "2022-02-13T09:57:00", "minute"),
    ("ja", "2021年3月5日 17時05分", "2021-03-05T17:05:00", "minute"),
    ("ja", "令和6年1月5日", "2024-01-05T00:00:00", "day"),
    ("ko", "2023년 11월 8일", "2023-11-08T00:00:00", "day"),
    ("ar", "٢٠٢٣/١١/٠٨", "2023-11-08T00:00:00", "day"),
    ("th", "14 มกราคม 2567", "2024-01-14T00:00:00", "day"),
    ("fr", "jeudi 12 novembre 2026 à 17 h 45", "2026-11-12T17:45:00", "minute"),
    ("vi", "12/11/2026 5:45 CH", "2026-11-12T17:45:00", "minute"),
    ("ms", "12 Nov 2026, 5:45 petang", "2026-11-12T17:45:00", "minute"),
    ("bn", "১২ নভেম্বর ২০২৬, ০৫:৪৫ পিএম", "2026-11-12T17:45:00", "minute"),
    ("th", "14 พฤศจิกายน พ.ศ.2568", "2025-11-14T00:00:00", "day"),
    ("zh", "2023年11月8日 下午3點20分", "2023-11-08T15:20:00", "minute"),
    ("en", "Nov 8, 2023 / 10:35 PM PST", "2023-11-08T22:35:00-08:00", "minute"),
    ("en", "9th of November 2021", "2021-11-09T00:00:00", "day"),
    ("en", "5:06 pm, Dec. 23, 2023", "2023-12-23T17:06:00", "minute"),
    (None, "21 grudnia 2020", "2020-12-21T00:00:00", "day"),
    ("en", "version 10.2.19 of 3 apps", "2019-02-10T00:00:00", "day"),
    ("en", "founded in 1871 with 30 people", None, None),
    ("en", "call 0 800 12 12 2024", None, None),
]


@pytest.mark.parametrize(("language", "text", "when", "precision"), PEOPLE)
def test_people(language: str | None, text: str, when: str | None, precision: str | None) -> None:
    assert spelled(parse_text(text, language)) == (when, precision)


def test_order_decides_only_when_the_numbers_allow_both_readings() -> None:
    assert spelled(parse_text("04/05/2024", "en", "mdy"))[0] == "2024-04-05T00:00:00"
    assert spelled(parse_text("04/05/2024", "en", "dmy"))[0] == "2024-05-04T00:00:00"
    assert spelled(parse_text("24/05/2024", "en", "mdy"))[0] == "2024-05-24T00:00:00"


def test_letters_among_marks_have_a_single_reading() -> None:
    """Parse a line of U+093D, a letter in a block of marks: with two readings, the pattern would backtrack for ever."""
    assert parse_text("12 " + "\u093d" * 220, "hi") is None
