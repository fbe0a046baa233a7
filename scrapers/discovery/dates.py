"""Times of listing entries, only for their order and age; the hints of a page keep the text as written."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

#: A day in a path: /2025/11/03/, /2025-11-03, /20251103. Left out: /2025/nov/03, rare and different by language.
_PATH_DAY = re.compile(r"(?<!\d)((?:19|20)\d{2})([/_.-]?)(0?[1-9]|1[0-2])\2(0?[1-9]|[12]\d|3[01])(?!\d)")
_PATH_MONTH = re.compile(r"/((?:19|20)\d{2})/(0?[1-9]|1[0-2])/")


def moment(text: str | None) -> float | None:
    """Return the unix time of an ISO 8601 (W3C-DTF) or RFC 822 date, without a zone in UTC; None for other text."""
    if not text:
        return None
    text = text.strip()
    for parse in (_iso, parsedate_to_datetime):
        try:
            parsed = parse(text)
            return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError, TypeError, IndexError):
            continue
    return None


def _iso(text: str) -> datetime:
    if re.fullmatch(r"\d{4}", text):
        return datetime(int(text), 1, 1)
    if re.fullmatch(r"\d{4}-\d{2}", text):
        return datetime(int(text[:4]), int(text[5:]), 1)
    return datetime.fromisoformat(text)


def path_moment(path: str) -> float | None:
    """Return the unix time of the day or month in the path of a URL."""
    if match := _PATH_DAY.search(path):
        year, month, day = int(match[1]), int(match[3]), int(match[4])
    elif match := _PATH_MONTH.search(path):
        year, month, day = int(match[1]), int(match[2]), 1
    else:
        return None
    try:
        return datetime(year, month, day, tzinfo=UTC).timestamp()
    except ValueError:
        return None


def name_moment(path: str) -> float | None:
    """Return the unix time of the end of the day, month or year in the name of a child sitemap."""
    match = _NAME_PERIOD.search(path)
    if not match:
        return None
    year, month, day = int(match[1]), int(match[2] or 12), int(match[3] or 0)
    try:
        if day:
            end = datetime(year, month, day, tzinfo=UTC)
        else:
            end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    except ValueError:
        return None
    return end.timestamp() + (86400 if day else 0)


#: sitemap-2025.xml, sitemap-2025-11.xml.gz, sitemap_20251103.xml, sitemap.xml?yyyy=2025&mm=11&dd=03
_NAME_PERIOD = re.compile(
    r"(?<!\d)((?:19|20)\d{2})(?:(?:[-_/.]|&?m{1,2}=|&month=)?(0[1-9]|1[0-2])(?:(?:[-_/.]|&d{1,2}=|&day=)?(0[1-9]|[12]\d|3[01]))?)?(?!\d)"
)
