"""Logging to standard error, from our level upwards, whatever a library sets up: for people, or a JSON object each.

In text an event begins a line; what follows of it is indented, and holds no control characters: what a page says
cannot look like an event of ours or command a terminal.
"""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime

import orjson

from schemas.process.settings import Settings
from schemas.text import clean_text

#: Libraries that report what is odd about a page as if it were odd about us.
_TALKATIVE = (
    *("trafilatura", "htmldate", "courlan", "charset_normalizer", "readability"),
    *("rq.queue", "asyncio"),
)
#: Says in each crawl that no Referer is sent, as it should be. Scrapy sets levels of its own, so handlers leave it out.
_NEEDLESS = "scrapy.downloadermiddlewares.redirect"
#: Loggers through which a command tells its operator what it does, whatever the level.
_TOLD = ("newsline.line.run", "scrapers.queue.scheduler")


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return clean_text(super().format(record)).replace("\n", "\n  ")


class _Json(logging.Formatter):
    """An object for each event: `at` (UTC), `level`, `logger`, `pid`, `message`, and `trace` of an exception."""

    def format(self, record: logging.LogRecord) -> str:
        said = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "pid": record.process,
            "message": clean_text(record.getMessage()),
        }
        if record.exc_info:
            said["trace"] = clean_text(self.formatException(record.exc_info))
        return orjson.dumps(said).decode()


class _Worth(logging.Filter):
    """Lets through what is at `level` or above, and what is told in any case."""

    def __init__(self, level: str) -> None:
        super().__init__()
        self._least = logging.getLevelName(level)

    def filter(self, record: logging.LogRecord) -> bool:
        return record.name in _TOLD or (record.levelno >= self._least and record.name != _NEEDLESS)


def log_to_stderr(settings: Settings) -> None:
    """Set logging of this process up. Calling it again changes the level."""
    handler = logging.StreamHandler(sys.stderr)
    text = _Text("%(asctime)s %(name)s %(levelname)s %(message)s")
    handler.setFormatter(_Json() if settings.log_format == "json" else text)
    # on the handler, too: Scrapy lowers the root logger to let everything through
    handler.addFilter(_Worth(settings.log_level))
    for name in _TOLD:
        logging.getLogger(name).setLevel(min(logging.INFO, logging.getLevelName(settings.log_level)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.CRITICAL)
