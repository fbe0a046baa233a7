"""Imports of each process: only click for help, no extraction in spiders, no Scrapy in page workers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_HELP = """
import sys
from newsline import main
sys.argv[1:] = ["--help"]
try:
    main()
except SystemExit:
    pass
"""
_SPIDER = """
import scrapers.crawl
from schemas.process.settings import load_settings
scrapers.crawl._load(load_settings())
"""
_NAMES = "\nimport sys\nprint('', 'loaded:', *sys.modules, sep='\\n')"

#: Packages for a single command, a single kind of source, tests or training.
_SELDOM = (
    "click rich pebble fastwarc tomlkit croniter prometheus_client feedparser playwright scrapy_playwright "
    "pytest hypothesis jsonschema lightgbm sklearn pandas matplotlib IPython rapidfuzz newspaper readability "
    "resiliparse"
).split()
_EXTRACTION = (
    "workers trafilatura htmldate courlan justext dateparser py3langid numpy regex tldextract requests".split()
)
_FETCHING = "scrapers scrapy twisted protego parsel itemadapter itemloaders aiohttp h2 boto3 botocore".split()


def _loaded(code: str) -> set[str]:
    """Return the names of the modules loaded in a new interpreter after `code`."""
    done = subprocess.run([sys.executable, "-c", code + _NAMES], cwd=_ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.partition("\nloaded:\n")[2].split())


def _packages(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def test_help_needs_nothing_but_click() -> None:
    modules = _loaded(_HELP)
    installed = _packages(modules) - _packages(_loaded("")) - sys.stdlib_module_names
    assert installed == {"click", "newsline", "schemas"}
    assert {name for name in modules if name.startswith("schemas")} == {"schemas", "schemas.version"}
    assert not modules & {"asyncio", "concurrent.futures", "email", "http", "json", "logging", "multiprocessing", "ssl"}


def test_a_spider_builds_no_models_of_articles() -> None:
    assert "schemas.article" not in _loaded(_SPIDER)


@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        (
            "import newsline.line.once",
            {*_SELDOM, *_EXTRACTION, *_FETCHING, "redis", "rq", "pydantic", "lxml"} - {"workers"},
        ),
        (_SPIDER, {*_SELDOM, *_EXTRACTION, "aiohttp", "h2", "boto3", "botocore", "itemloaders"}),
        ("import workers.worker, workers.warm", {*_SELDOM, *_FETCHING}),
        ("import workers.feed.process", {*_SELDOM, *_EXTRACTION, *_FETCHING, "lxml"} - {"workers", "croniter"}),
        ("import scrapers.queue.scheduler", {*_SELDOM, *_EXTRACTION, *_FETCHING, "lxml"} - {"scrapers", "croniter"}),
        ("import scrapers.worker", {*_SELDOM, *_EXTRACTION, *_FETCHING, "lxml"} - {"scrapers"}),
    ],
    ids=["command", "spider", "page worker", "feed writer", "scheduler", "crawl worker"],
)
def test_a_process_loads_only_what_it_needs(code: str, unwanted: set[str]) -> None:
    assert _packages(_loaded(code)) & unwanted == set()
