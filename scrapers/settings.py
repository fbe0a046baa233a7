"""Scrapy's settings: each departure from Scrapy's defaults, with the reason."""

from __future__ import annotations

from typing import Any

from schemas.process.settings import Settings


def scrapy_settings(settings: Settings) -> dict[str, Any]:
    """Return Scrapy's settings, made from Newsline's `settings`."""
    return {
        # security: a crawler of hostile sites keeps these closed
        "REMOTE_CONTROL_ENABLED": False,  # would run Python code posted over HTTP
        "TELNETCONSOLE_ENABLED": False,
        "DOWNLOAD_HANDLERS": {
            **dict.fromkeys(("file", "ftp", "s3", "data")),
            "http": "scrapers.fetch.limits.BoundedHandler",
            "https": "scrapers.fetch.limits.BoundedHandler",
        },
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "TWISTED_DNS_RESOLVER": "scrapers.fetch.guard.GuardedResolver",
        "COOKIES_ENABLED": False,
        # politeness
        "USER_AGENT": settings.agent,
        "ROBOTSTXT_OBEY": False,  # scrapers.fetch.robots does, with RFC 9309's rules for a missing robots.txt
        "DOWNLOADER": "scrapers.fetch.politeness.PoliteDownloader",
        "DOWNLOAD_DELAY": settings.download_delay,
        "CONCURRENT_REQUESTS": settings.concurrent_requests,
        "CONCURRENT_REQUESTS_PER_DOMAIN": settings.concurrent_requests_per_domain,
        "DEFAULT_REQUEST_HEADERS": {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
        # limits
        "DOWNLOAD_TIMEOUT": settings.download_timeout,
        "DOWNLOAD_MAXSIZE": settings.download_maxsize,
        "DOWNLOAD_WARNSIZE": 0,
        "REDIRECT_MAX_TIMES": settings.redirect_max_times,
        # the frontier's task, not Scrapy's
        "DUPEFILTER_CLASS": "scrapy.dupefilters.BaseDupeFilter",
        # 100, the default, makes 100 tasks for each response; with 4 a spider fetches 40 % more pages a second
        "CONCURRENT_ITEMS": 4,
        "ITEM_PIPELINES": {"scrapers.queue.handover.Handover": 100},
        # Only the components named here run. Scrapy's default components
        # - are loaded even when switched off (aiohttp, requests: a fifth of a spider's start),
        # - are called for each page, mostly with nothing to do,
        # - may drop a request (spider middlewares), which then would be missing in the counts.
        "DOWNLOADER_MIDDLEWARES_BASE": {},
        "SPIDER_MIDDLEWARES_BASE": {},
        "EXTENSIONS_BASE": {},
        "DOWNLOADER_MIDDLEWARES": {
            "scrapers.fetch.politeness.PaceMiddleware": 80,
            "scrapers.fetch.guard.GuardMiddleware": 90,  # before robots.txt is requested
            "scrapers.fetch.robots.RobotsMiddleware": 100,
            "scrapers.fetch.conditional.ConditionalMiddleware": 110,
            "scrapy.downloadermiddlewares.defaultheaders.DefaultHeadersMiddleware": 400,
            "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": 500,
            "scrapers.fetch.limits.BoundedCompression": 590,
            "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": 600,
            "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": 750,
        },
        "EXTENSIONS": {"scrapers.fetch.measuring.Measuring": 100},
        # True reads and parses the source code of our callbacks at each call: an eighth of a page's time
        "WARN_ON_GENERATOR_RETURN_VALUE": False,
        "LOG_INSTALL_ROOT_HANDLER": False,  # schemas.process.logs configures logging
        "STATS_DUMP": False,
        "LOG_VERSIONS": [],  # the default starts a process to find the processor's name
    }
