"""Scrapy's settings: each departure from its defaults, and why."""

from __future__ import annotations

from typing import Any

from schemas.process.settings import Settings


def scrapy_settings(settings: Settings) -> dict[str, Any]:
    """What Scrapy is told, from our own settings."""
    return {
        # doors that a crawler of hostile sites does not leave open
        "REMOTE_CONTROL_ENABLED": False,  # runs Python that is posted to it
        "TELNETCONSOLE_ENABLED": False,
        "DOWNLOAD_HANDLERS": {
            **dict.fromkeys(("file", "ftp", "s3", "data")),
            "http": "scrapers.fetch.limits.BoundedHandler",
            "https": "scrapers.fetch.limits.BoundedHandler",
        },
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "TWISTED_DNS_RESOLVER": "scrapers.fetch.guard.GuardedResolver",
        "COOKIES_ENABLED": False,
        # manners
        "USER_AGENT": settings.agent,
        "ROBOTSTXT_OBEY": False,  # scrapers.fetch.robots obeys it: with RFC 9309's rules for what cannot be had
        "DOWNLOADER": "scrapers.fetch.politeness.PoliteDownloader",
        "DOWNLOAD_DELAY": settings.download_delay,
        "CONCURRENT_REQUESTS": settings.concurrent_requests,
        "CONCURRENT_REQUESTS_PER_DOMAIN": settings.concurrent_requests_per_domain,
        "DEFAULT_REQUEST_HEADERS": {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
        # bounds
        "DOWNLOAD_TIMEOUT": settings.download_timeout,
        "DOWNLOAD_MAXSIZE": settings.download_maxsize,
        "DOWNLOAD_WARNSIZE": 0,
        "REDIRECT_MAX_TIMES": settings.redirect_max_times,
        # what the frontier does in its place
        "DUPEFILTER_CLASS": "scrapy.dupefilters.BaseDupeFilter",
        # 100 makes 100 tasks for every response: at 4 a spider fetches 40 % more pages a second
        "CONCURRENT_ITEMS": 4,
        "ITEM_PIPELINES": {"scrapers.queue.handover.Handover": 100},
        # These are all. What Scrapy names itself is loaded even where it is switched off (aiohttp, requests: a fifth
        # of a spider's start), most of it is called for each page with nothing to do, and a request that a spider
        # middleware drops would never be accounted for.
        "DOWNLOADER_MIDDLEWARES_BASE": {},
        "SPIDER_MIDDLEWARES_BASE": {},
        "EXTENSIONS_BASE": {},
        "DOWNLOADER_MIDDLEWARES": {
            "scrapers.fetch.politeness.PaceMiddleware": 80,
            "scrapers.fetch.guard.GuardMiddleware": 90,  # before robots.txt is asked for
            "scrapers.fetch.robots.RobotsMiddleware": 100,
            "scrapers.fetch.conditional.ConditionalMiddleware": 110,
            "scrapy.downloadermiddlewares.defaultheaders.DefaultHeadersMiddleware": 400,
            "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": 500,
            "scrapers.fetch.limits.BoundedCompression": 590,
            "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": 600,
            "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": 750,
        },
        "EXTENSIONS": {"scrapers.fetch.measuring.Measuring": 100},
        # would read and parse the source of our callbacks at each call: an eighth of the time of a page
        "WARN_ON_GENERATOR_RETURN_VALUE": False,
        "LOG_INSTALL_ROOT_HANDLER": False,  # schemas.process.logs sets logging up
        "STATS_DUMP": False,
        "LOG_VERSIONS": [],  # would start a process to find the name of the processor
    }
