"""Imports all modules of a spider, once, in the process from which spiders are forked."""

from __future__ import annotations

from schemas.process.settings import Settings
from scrapers import crawl

crawl._load(Settings())
