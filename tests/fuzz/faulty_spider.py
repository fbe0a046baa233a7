"""A spider whose capture of pages raises: `python -m tests.fuzz.faulty_spider`, for the test of the last resort."""

from __future__ import annotations

import sys
from typing import Any

from scrapers import crawl
from scrapers.spiders import source


def _raise(*_: Any, **__: Any) -> Any:
    raise RuntimeError("a fault of ours")


source.capture = _raise  # type: ignore[attr-defined]

if __name__ == "__main__":
    sys.exit(crawl.main())
