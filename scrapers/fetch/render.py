"""Render pages built in script, for sources with `render = true`, by scrapy-playwright and the system's Chromium.

The browser has no network:

1. The page is fetched like any other page, under the same guard, robots.txt, pace and limits.
2. The browser gets the fetched page.
3. Scripts and data requested by the page are fetched in the same way. All other requests of the page are refused.
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

#: Slot of the browser's pages, apart from the slots of hosts, which stay free for requests of these pages.
_SLOT = "newsline-render"
#: Key in `meta` of a request: the fetched page.
_DOCUMENT = "newsline_document"
#: Permitted types and number of a page's requests; images, styles and fonts are no text.
_KINDS = frozenset({"script", "xhr", "fetch"})
_MOST_REQUESTS = 60
#: A page is done after half a second without requests, or after this time (ms).
_QUIET_WAIT = 5000.0
#: Longest wait for the closing of a page (s).
_CLOSE_WAIT = 5.0
#: Headers that are wrong for a decoded body, and cookies, which are not kept.
_LEFT_OUT = frozenset({"content-encoding", "content-length", "transfer-encoding", "set-cookie"})


def render_settings(base: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of Scrapy, beyond `base`, for a crawl with rendered pages."""
    handler = "scrapers.fetch.render.RenderingHandler"
    return {
        "DOWNLOAD_HANDLERS": {**base["DOWNLOAD_HANDLERS"], "http": handler, "https": handler},
        "DOWNLOADER_MIDDLEWARES": {**base["DOWNLOADER_MIDDLEWARES"], "scrapers.fetch.render.RenderMiddleware": 70},
        "PLAYWRIGHT_MAX_PAGES_PER_CONTEXT": 4,
        "PLAYWRIGHT_LAUNCH_OPTIONS": {
            "executable_path": browser_path(),
            "chromium_sandbox": os.geteuid() != 0,  # Chromium has no sandbox for root
            # a dead proxy for every address, so that the browser has no network
            "proxy": {"server": "http://127.0.0.1:1", "bypass": "<-loopback>"},
            "args": [
                "--host-resolver-rules=MAP * ~NOTFOUND",
                "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
                "--disable-background-networking",
            ],
        },
    }


class RenderMiddleware:
    """Sends fetched pages of rendered sources to the browser."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._timeout = crawler.settings.getfloat("DOWNLOAD_TIMEOUT")
        self._maxsize = crawler.settings.getint("DOWNLOAD_MAXSIZE")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RenderMiddleware:
        """Build the middleware, for Scrapy."""
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """Return a request to render the fetched page, or the response when there is nothing to render.

        Raises:
            TooLargeError: the rendered page has more than DOWNLOAD_MAXSIZE bytes.
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
        """Answer all requests of `page`: first the fetched page, then scripts and data."""
        document: Response | None = request.meta[_DOCUMENT]
        left_requests, left_bytes = _MOST_REQUESTS, self._maxsize

        async def answer(route: Route, wanted: BrowserRequest) -> None:
            nonlocal document, left_requests, left_bytes
            response: Response | None = None
            if document is not None and wanted.is_navigation_request() and wanted.frame == page.main_frame:
                response, document = document, None
            elif wanted.resource_type in _KINDS and wanted.method == "GET" and left_requests > 0 and left_bytes > 0:
                left_requests -= 1
                response = await self._fetch(wanted)
                left_bytes -= len(response.body) if response else 0
            with contextlib.suppress(Exception):  # the page may be closed by now
                if response is None:
                    await route.abort("blockedbyclient")
                else:
                    await route.fulfill(status=response.status, headers=_headers(response), body=response.body)

        await page.route("**/*", answer)

    async def _fetch(self, wanted: BrowserRequest) -> Response | None:
        engine = self._crawler.engine
        assert engine is not None
        try:
            return await engine.download_async(
                Request(wanted.url, headers={"Accept": wanted.headers.get("accept", "*/*")})
            )
        except Exception:  # refused, disallowed, too large, missing: the page goes on without the answer
            return None


class RenderingHandler(BoundedHandler, ScrapyPlaywrightDownloadHandler):  # type: ignore[misc]
    """Our handler, with a browser for the requests of `RenderMiddleware`, under the same time limit."""

    async def download_request(self, request: Request) -> Response:
        """Extend our download: render requests marked `playwright`."""
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
    """Wait until the page sends no more requests."""
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
