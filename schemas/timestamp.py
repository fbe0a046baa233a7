"""Timestamp: a moment as the page gives the moment, never more precise."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict

from schemas.record import about
from schemas.text import FilledText

Origin = Literal["json-ld", "meta", "html", "trafilatura", "feed", "sitemap", "url", "text"]
Precision = Literal["second", "minute", "day"]

#: Start of publishing on the web; earlier dates are parsing errors or templates.
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
#: Greatest lead of a publisher's clock; later dates are not accepted.
FUTURE_LIMIT = timedelta(hours=24)


class Timestamp(BaseModel):
    """A moment: `utc` when known, `local` as on the page. A bare date has the `precision` day and no `utc`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    utc: Annotated[
        str | None,
        about(
            "The moment in UTC; null when the page gives no offset or no time.",
            "2025-10-02T09:30:00Z",
            standard="RFC 3339",
        ),
    ]
    local: Annotated[
        str | None,
        about(
            "The moment as on the page: with the offset, without offset when the page gives none, or the bare date.",
            "2025-10-02T05:30:00-04:00",
            standard="RFC 3339, ISO 8601",
        ),
    ]
    precision: Annotated[Precision, about("The finest unit that the page gives.", "second")]
    origin: Annotated[Origin, about("The place where the page or the source gives the moment.", "meta")]
    raw: Annotated[FilledText, about("The words of the page.", "2025-10-02T05:30:00-04:00")]


def now_utc() -> str:
    """Return the present second as RFC 3339 in UTC, with `Z`."""
    return utc_text(datetime.now(UTC))


def utc_text(moment: datetime) -> str:
    """Return an aware `moment` as RFC 3339 in UTC, in whole seconds, with `Z`."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def timestamp(moment: datetime | date, *, precision: Precision, origin: Origin, raw: str) -> Timestamp | None:
    """Return `moment` as a Timestamp, or None for a date that no publisher means: future, before 1990, the epoch.

    1. A naive datetime: wall time in `local`, no `utc`.
    2. A date, or the precision `day`: the bare date.
    """
    if not isinstance(moment, datetime):
        moment, precision = datetime(moment.year, moment.month, moment.day), "day"
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        if not EARLIEST <= aware <= datetime.now(UTC) + FUTURE_LIMIT:
            return None
    except OverflowError:  # the offset leads out of the years 1 to 9999
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
