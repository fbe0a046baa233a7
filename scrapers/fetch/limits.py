"""Limits of a request: bytes transferred and decompressed, bytes of headers, and time with all redirects.

The limits hold before bytes fill the memory: a body or a header section over the limit ends the connection, and an
endless answer ends with the page's time.
"""

from __future__ import annotations

import time

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import DownloadFailedError, DownloadTimeoutError, IgnoreRequest
from scrapy.http import Response

from scrapers.fetch.scrapy_adapter import HookedConnection, reasons_of, use_connections

#: Greatest size of status line and headers, with those of informational responses (bytes).
HEADER_BYTES = 64 * 1024
#: Key in `meta` of a request: time spent on the earlier hops (s).
SPENT = "newsline_spent"


class TooLargeError(IgnoreRequest):
    """The headers, or the body after decompression, are over the limit."""


class UndecodableBodyError(IgnoreRequest):
    """The body is not in the declared Content-Encoding."""


class _BoundedConnection(HookedConnection):
    """A connection which ends after too many bytes of headers."""

    _header_bytes = 0

    def before_request(self) -> None:
        """Count from zero."""
        self._header_bytes = 0

    def headers_incomplete(self, size: int) -> None:
        """End the connection over the limit."""
        self._header_bytes += size
        if self._header_bytes > HEADER_BYTES:
            self.give_up(TooLargeError(f"more than {HEADER_BYTES} bytes of headers"))


class BoundedHandler(HTTP11DownloadHandler):
    """Scrapy's handler, with a limit for headers, and a time limit for a page with all redirects."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        use_connections(self, _BoundedConnection)
        self._timeout = crawler.settings.getfloat("DOWNLOAD_TIMEOUT")

    async def download_request(self, request: Request) -> Response:
        """Extend Scrapy's download: the time of earlier redirects counts."""
        spent = request.meta.get(SPENT, 0.0)
        left = self._timeout - spent
        if left <= 0:
            raise DownloadTimeoutError(f"{request.url} took longer than {self._timeout:g} s with its redirects")
        request.meta["download_timeout"] = left
        started = time.monotonic()
        try:
            return await super().download_request(request)
        except DownloadFailedError as error:
            for reason in reasons_of(error):
                if isinstance(reason, TooLargeError):
                    raise reason from error
            raise
        finally:
            request.meta[SPENT] = spent + time.monotonic() - started


class BoundedCompression(HttpCompressionMiddleware):
    """Scrapy's decompression, with our errors: a bomb is too large, a broken stream cannot be decoded."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler=crawler)
        self._maxsize = crawler.settings.getint("DOWNLOAD_MAXSIZE")

    def process_response(self, request: Request, response: Response, spider: None = None) -> Request | Response:  # type: ignore[override]
        """Extend Scrapy's decompression.

        Raises:
            TooLargeError: the body has more than DOWNLOAD_MAXSIZE bytes after decompression.
            UndecodableBodyError: the body cannot be decompressed.
        """
        if not response.body:
            return response
        try:
            return super().process_response(request, response)
        except IgnoreRequest as error:
            most = request.meta.get("download_maxsize", self._maxsize)
            raise TooLargeError(f"more than {most} bytes after decompression") from error
        except Exception as error:  # codecs raise exceptions of their own types
            names = b", ".join(response.headers.getlist("Content-Encoding")).decode("latin-1")
            raise UndecodableBodyError(f"the body is not in Content-Encoding {names}: {error}") from error
