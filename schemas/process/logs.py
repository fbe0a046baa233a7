"""Logging to standard error at the configured level, independent of the libraries' set-up, as text or JSON lines.

In text, an event begins a line, further lines of the event are indented, and control characters are removed: text of a
page can neither imitate an event nor send commands to a terminal.
"""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime

import orjson

from schemas.process.settings import Settings
from schemas.text import clean_text

#: Libraries that log faults of a page as if they were faults of the program.
_SILENCED = (
    *("trafilatura", "htmldate", "courlan", "charset_normalizer", "readability"),
    *("rq.queue", "asyncio"),
)
#: Logs in each crawl that no Referer is sent, as intended. Dropped by the handler, because Scrapy sets its own levels.
_DROPPED = "scrapy.downloadermiddlewares.redirect"
#: Loggers of messages to the operator of a command, shown at every level.
_ALWAYS_SHOWN = ("newsline.line.run", "scrapers.queue.scheduler")


class _Text(logging.Formatter):
    """A line for each event, without control characters."""

    def format(self, record: logging.LogRecord) -> str:
        return clean_text(super().format(record)).replace("\n", "\n  ")


class _Json(logging.Formatter):
    """An object for each event: `at` (UTC), `level`, `logger`, `pid`, `message`, and `trace` of an exception."""

    def format(self, record: logging.LogRecord) -> str:
        event = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "pid": record.process,
            "message": clean_text(record.getMessage()),
        }
        if record.exc_info:
            event["trace"] = clean_text(self.formatException(record.exc_info))
        return orjson.dumps(event).decode()


class _LevelFilter(logging.Filter):
    """Lets events at `level` or above pass, and messages to the operator."""

    def __init__(self, level: str) -> None:
        super().__init__()
        self._least = logging.getLevelName(level)

    def filter(self, record: logging.LogRecord) -> bool:
        return record.name in _ALWAYS_SHOWN or (record.levelno >= self._least and record.name != _DROPPED)


def log_to_stderr(settings: Settings) -> None:
    """Set up logging of this process. A second call changes the level."""
    handler = logging.StreamHandler(sys.stderr)
    text = _Text("%(asctime)s %(name)s %(levelname)s %(message)s")
    handler.setFormatter(_Json() if settings.log_format == "json" else text)
    # also on the handler: Scrapy lowers the level of the root logger to let every event pass
    handler.addFilter(_LevelFilter(settings.log_level))
    for name in _ALWAYS_SHOWN:
        logging.getLogger(name).setLevel(min(logging.INFO, logging.getLevelName(settings.log_level)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    for name in _SILENCED:
        logging.getLogger(name).setLevel(logging.CRITICAL)
