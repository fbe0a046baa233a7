"""Pages that build themselves in script, for sources with `render = true`: scrapy-playwright and the system's Chromium.

The browser has no network of its own. The page is fetched as any other, under the same guard, robots.txt, pace and
limits; then the browser is given it, and each script and each answer that it asks for is fetched in the same way. All
else that a page asks for is refused to it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import TYPE_CHECKING, Any

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadFailedError, DownloadTimeoutError
from scrapy.http import HtmlResponse, Response
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler
from scrapy_playwright.page import PageMethod

from scrapers.fetch.browser import RENDER, browser_path
from scrapers.fetch.limits import SPENT, BoundedHandler, TooLargeError
from scrapers.fetch.politeness import OWN_SLOT

if TYPE_CHECKING:
    from playwright.async_api import Page, Route
    from playwright.async_api import Request as BrowserRequest

#: The slot of the browser's pages, apart from the slots of hosts, in which what they ask for must find room.
_SLOT = "newsline-render"
#: Where a request's meta keeps the fetched page.
_DOCUMENT = "newsline_document"
#: What a page may ask for, and how much of it: images, styles and fonts are no text.
_KINDS = frozenset({"script", "xhr", "fetch"})
_MOST_REQUESTS = 60
#: A page is done when nothing was asked for during half a second, or after this (ms).
_QUIET_WAIT = 5000.0
#: How long a page may take to be closed (s).
_CLOSE_WAIT = 5.0
#: Headers that would be wrong for a body that is decoded already, and cookies, which nobody keeps.
_LEFT_OUT = frozenset({"content-encoding", "content-length", "transfer-encoding", "set-cookie"})


def render_settings(base: dict[str, Any]) -> dict[str, Any]:
    """What Scrapy is told beyond `base` in a crawl in which something is rendered."""
    handler = "scrapers.fetch.render.RenderingHandler"
    return {
        "DOWNLOAD_HANDLERS": {**base["DOWNLOAD_HANDLERS"], "http": handler, "https": handler},
        "DOWNLOADER_MIDDLEWARES": {**base["DOWNLOADER_MIDDLEWARES"], "scrapers.fetch.render.RenderMiddleware": 70},
        "PLAYWRIGHT_MAX_PAGES_PER_CONTEXT": 4,
        "PLAYWRIGHT_LAUNCH_OPTIONS": {
            "executable_path": browser_path(),
            "chromium_sandbox": os.geteuid() != 0,  # Chromium has none when run by root
            # a proxy that is not there, for every address: the browser reaches nothing but what it is handed
            "proxy": {"server": "http://127.0.0.1:1", "bypass": "<-loopback>"},
            "args": [
                "--host-resolver-rules=MAP * ~NOTFOUND",
                "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
                "--disable-background-networking",
            ],
        },
    }


class RenderMiddleware:
    """Sends a fetched page of a source that is rendered to the browser."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._timeout = crawler.settings.getfloat("DOWNLOAD_TIMEOUT")
        self._maxsize = crawler.settings.getint("DOWNLOAD_MAXSIZE")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RenderMiddleware:
        """Made by Scrapy."""
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """As Scrapy says.

        Raises:
            TooLargeError: script has made more of the page than DOWNLOAD_MAXSIZE.
        """
        rendered = "playwright" in response.flags
        if rendered and len(response.body) > self._maxsize:
            raise TooLargeError(f"more than {self._maxsize} bytes after rendering")
        if RENDER not in request.meta or rendered or response.status != 200 or not isinstance(response, HtmlResponse):
            return response
        return request.replace(
            url=response.url,
            dont_filter=True,
            meta={
                **request.meta,
                "playwright": True,
                "playwright_include_page": True,
                "playwright_page_init_callback": self._hand_over,
                "playwright_page_methods": [PageMethod(_settle)],
                "playwright_context_kwargs": {"service_workers": "block", "accept_downloads": False},
                "download_slot": _SLOT,
                OWN_SLOT: True,
                _DOCUMENT: response,
            },
        )

    async def _hand_over(self, page: Page, request: Request) -> None:
        """Answer all that `page` asks for, beginning with itself."""
        document: Response | None = request.meta[_DOCUMENT]
        left_requests, left_bytes = _MOST_REQUESTS, self._maxsize

        async def answer(route: Route, asked: BrowserRequest) -> None:
            nonlocal document, left_requests, left_bytes
            found: Response | None = None
            if document is not None and asked.is_navigation_request() and asked.frame == page.main_frame:
                found, document = document, None
            elif asked.resource_type in _KINDS and asked.method == "GET" and left_requests > 0 and left_bytes > 0:
                left_requests -= 1
                found = await self._fetch(asked)
                left_bytes -= len(found.body) if found else 0
            with contextlib.suppress(Exception):  # the page may be closed by now
                if found is None:
                    await route.abort("blockedbyclient")
                else:
                    await route.fulfill(status=found.status, headers=_headers(found), body=found.body)

        await page.route("**/*", answer)

    async def _fetch(self, asked: BrowserRequest) -> Response | None:
        engine = self._crawler.engine
        assert engine is not None
        try:
            return await engine.download_async(
                Request(asked.url, headers={"Accept": asked.headers.get("accept", "*/*")})
            )
        except Exception:  # guarded, disallowed, too large, not there: the page does without it
            return None


class RenderingHandler(BoundedHandler, ScrapyPlaywrightDownloadHandler):  # type: ignore[misc]
    """Our handler, with a browser for the requests that ask for one; the page's time limit holds there, too."""

    async def download_request(self, request: Request) -> Response:
        """As Scrapy says."""
        if not request.meta.get("playwright"):
            return await super().download_request(request)
        from playwright.async_api import Error

        left = max(0.1, self._timeout - request.meta.get(SPENT, 0.0))
        try:
            async with asyncio.timeout(left):
                response: Response = await ScrapyPlaywrightDownloadHandler.download_request(self, request)
                return response
        except TimeoutError as error:
            raise DownloadTimeoutError(f"rendering {request.url} took longer than {left:.1f} s") from error
        except Error as error:
            raise DownloadFailedError(f"rendering {request.url}: {error}") from error
        finally:
            page = request.meta.pop("playwright_page", None)
            if page is not None:
                with contextlib.suppress(Exception):
                    await asyncio.wait_for(page.close(), _CLOSE_WAIT)


async def _settle(page: Page) -> None:
    """Wait until the page asks for nothing more."""
    from playwright.async_api import TimeoutError as StillBusyError

    with contextlib.suppress(StillBusyError):
        await page.wait_for_load_state("networkidle", timeout=_QUIET_WAIT)


def _headers(response: Response) -> dict[str, str]:
    names = {key: key.decode("latin-1").lower() for key in response.headers}
    return {
        name: b", ".join(response.headers.getlist(key)).decode("latin-1")
        for key, name in names.items()
        if name not in _LEFT_OUT
    }
