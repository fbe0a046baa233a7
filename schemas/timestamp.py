"""A moment as a page gives it: never more precise than it was said (SCHEMA, Timestamp)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict

from schemas.text import FilledText

Origin = Literal["json-ld", "meta", "html", "trafilatura", "feed", "sitemap", "url", "text"]
Precision = Literal["second", "minute", "day"]

#: Nothing on the web was published before it; earlier dates are parsing errors or templates.
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
#: How far a publisher's clock may run ahead before its word is not taken.
FUTURE_LIMIT = timedelta(hours=24)


class Timestamp(BaseModel):
    """`utc` when the moment is known, `local` as the page says it; a bare date has `precision` day and no `utc`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    utc: str | None
    local: str | None
    precision: Precision
    origin: Origin
    raw: FilledText


def now_utc() -> str:
    """This second as RFC 3339 in UTC with `Z`."""
    return utc_text(datetime.now(UTC))


def utc_text(moment: datetime) -> str:
    """An aware `moment` as RFC 3339 in UTC, whole seconds, with `Z`."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def timestamp(moment: datetime | date, *, precision: Precision, origin: Origin, raw: str) -> Timestamp | None:
    """`moment` as a Timestamp, or None where no publisher can mean it: in the future, before 1990, or the epoch.

    A naive datetime keeps its wall time in `local` and has no `utc`; a date, or precision `day`, is the bare date.
    """
    if not isinstance(moment, datetime):
        moment, precision = datetime(moment.year, moment.month, moment.day), "day"
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        if not EARLIEST <= aware <= datetime.now(UTC) + FUTURE_LIMIT:
            return None
    except OverflowError:  # an offset that leads out of the years 1..9999
        return None
    if precision == "day":
        return Timestamp(utc=None, local=moment.date().isoformat(), precision="day", origin=origin, raw=raw)
    local = moment.replace(microsecond=0).isoformat(timespec="seconds")
    return Timestamp(
        utc=utc_text(moment) if moment.tzinfo else None,
        local=local,
        precision=precision,
        origin=origin,
        raw=raw,
    )
