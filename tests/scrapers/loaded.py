"""Everything that a spider loads: imported once, in the process that spiders are forked from."""

from __future__ import annotations

from schemas.process.settings import Settings
from scrapers import crawl

crawl._load(Settings())
