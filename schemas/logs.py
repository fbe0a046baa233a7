"""Logging to standard error, from our level upwards, whatever a library sets up.

An event begins a line; what follows of it is indented, and holds no control characters: what a page says cannot look
like an event of ours or command a terminal.
"""

from __future__ import annotations

import logging
import sys

from schemas.settings import Settings
from schemas.text import clean_text

#: Libraries that report what is odd about a page as if it were odd about us.
_TALKATIVE = (
    *("trafilatura", "htmldate", "courlan", "charset_normalizer", "readability"),
    *("rq.queue", "asyncio", "scrapy.downloadermiddlewares.robotstxt"),
)


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return clean_text(super().format(record)).replace("\n", "\n  ")


def log_to_stderr(settings: Settings) -> None:
    """Set logging of this process up. Calling it again changes the level."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    # on the handler, too: Scrapy lowers the root logger to let everything through
    handler.setLevel(settings.log_level.upper())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.CRITICAL)
