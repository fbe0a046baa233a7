"""Scrapy's own doors are closed: asserted on the settings that a crawler really has, not on what we wrote."""

from __future__ import annotations

from typing import Any

import pytest
from scrapy.core.downloader.contextfactory import _load_context_factory_from_settings
from scrapy.core.downloader.handlers import DownloadHandlers
from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings
from scrapy.spiders import Spider
from scrapy.utils.conf import build_component_list

from schemas.process.settings import Settings
from scrapers.settings import scrapy_settings


@pytest.fixture
def crawler() -> Crawler:
    return Crawler(Spider, {**scrapy_settings(Settings(contact="https://example.org/bot")), "TWISTED_REACTOR": None})


@pytest.fixture
def effective(crawler: Crawler) -> BaseSettings:
    return crawler.settings


def test_doors_are_closed(effective: BaseSettings) -> None:
    assert effective.getbool("REMOTE_CONTROL_ENABLED") is False
    assert effective.getbool("TELNETCONSOLE_ENABLED") is False
    assert effective.getbool("DOWNLOAD_VERIFY_CERTIFICATES") is True
    assert effective.getbool("COOKIES_ENABLED") is False
    assert effective.getbool("HTTPCACHE_ENABLED") is False
    assert effective.get("FEEDS") == {}
    assert effective.get("JOBDIR") is None


def test_only_http_and_https_are_handled(crawler: Crawler) -> None:
    crawler.spider = Spider("test")
    assert set(DownloadHandlers(crawler)._schemes) == {"http", "https"}


def test_certificates_are_verified(crawler: Crawler) -> None:
    crawler.settings.frozen = False
    factory: Any = _load_context_factory_from_settings(crawler)
    options = factory.creatorForNetloc(b"example.org", 443)
    assert type(options).__name__ == "ClientTLSOptions"  # Scrapy's class without verification has another name
    assert options._hostnameASCII == "example.org"


def test_middlewares(effective: BaseSettings) -> None:
    downloader = build_component_list(effective.get_component_priority_dict_with_base("DOWNLOADER_MIDDLEWARES"))
    names = [entry if isinstance(entry, str) else entry.__name__ for entry in downloader]
    ours = [name for name in names if name.startswith("scrapers.")]
    assert [name.rpartition(".")[2] for name in ours[:3]] == ["PaceMiddleware", "GuardMiddleware", "RobotsMiddleware"]
    spider = build_component_list(effective.get_component_priority_dict_with_base("SPIDER_MIDDLEWARES"))
    assert not [entry for entry in spider if "UrlLength" in str(entry) or "Depth" in str(entry)]


def test_who_we_say_we_are(effective: BaseSettings) -> None:
    assert effective["USER_AGENT"].startswith("newsline/")
    assert "https://example.org/bot" in effective["USER_AGENT"]
