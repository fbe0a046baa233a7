"""Scrapy's settings: each departure from its defaults, and why."""

from __future__ import annotations

from typing import Any

from schemas.settings import Settings


def scrapy_settings(settings: Settings) -> dict[str, Any]:
    """What Scrapy is told, from our own settings."""
    return {
        # doors that a crawler of hostile sites does not leave open
        "REMOTE_CONTROL_ENABLED": False,  # runs Python that is posted to it
        "TELNETCONSOLE_ENABLED": False,
        "DOWNLOAD_HANDLERS": {"file": None, "ftp": None, "s3": None, "data": None},
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "TWISTED_DNS_RESOLVER": "scrapers.guard.GuardedResolver",
        "COOKIES_ENABLED": False,  # no site needs to know us again
        "REFERRER_POLICY": "scrapy.spidermiddlewares.referer.NoReferrerPolicy",
        # manners
        "USER_AGENT": settings.agent,
        "ROBOTSTXT_OBEY": True,
        "ROBOTSTXT_USER_AGENT": "newsline",
        "DOWNLOAD_DELAY": settings.download_delay,
        "CONCURRENT_REQUESTS": settings.concurrent_requests,
        "CONCURRENT_REQUESTS_PER_DOMAIN": settings.concurrent_requests_per_domain,
        "DEFAULT_REQUEST_HEADERS": {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
        # bounds
        "DOWNLOAD_TIMEOUT": settings.download_timeout,
        "DOWNLOAD_MAXSIZE": settings.download_maxsize,
        "DOWNLOAD_WARNSIZE": 0,
        "REDIRECT_MAX_TIMES": settings.redirect_max_times,
        "RETRY_TIMES": settings.retry_times,
        # what the frontier does in its place
        "DUPEFILTER_CLASS": "scrapy.dupefilters.BaseDupeFilter",
        # 100 makes 100 tasks for every response: at 4 a spider fetches 40 % more pages a second
        "CONCURRENT_ITEMS": 4,
        "ITEM_PIPELINES": {"scrapers.handover.Handover": 100},
        "DOWNLOADER_MIDDLEWARES": {
            "scrapers.guard.GuardMiddleware": 90,  # before robots.txt is asked for
            "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
        },
        "EXTENSIONS": {
            "scrapy.extensions.feedexport.FeedExporter": None,
            "scrapy.extensions.spiderstate.SpiderState": None,
            "scrapy.extensions.memusage.MemoryUsage": None,
            "scrapy.extensions.logstats.LogStats": None,
        },
        "LOG_INSTALL_ROOT_HANDLER": False,  # schemas.logs sets logging up
        "STATS_DUMP": False,
        "RETRY_GIVE_UP_LOG_LEVEL": "INFO",  # ends as a reject, which says it
    }
