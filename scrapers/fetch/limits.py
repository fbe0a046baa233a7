"""Limits of one request: bytes on the wire and decompressed, bytes of headers, and time over all its redirects.

What a server sends is bounded before it is held: a body or a header section that is too long ends the connection, and
one that never ends is cut off when the page's time is up.
"""

from __future__ import annotations

import time
from typing import Any

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
)
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import DownloadFailedError, DownloadTimeoutError, IgnoreRequest
from scrapy.http import Response
from twisted.python.failure import Failure
from twisted.web._newclient import HEADER, STATUS

#: Most bytes of status line and headers, informational responses among them.
HEADER_BYTES = 64 * 1024
#: Where a request's meta keeps the time that its earlier hops took (s).
SPENT = "newsline_spent"


class TooLargeError(IgnoreRequest):
    """More bytes than are taken: of headers, or of a body after decompression."""


class UndecodableBodyError(IgnoreRequest):
    """A body that is not what its Content-Encoding says."""


class _BoundedProtocol(_LenientHTTP11ClientProtocol):
    """A connection that ends when the headers of a response go on for too long."""

    _header_bytes = 0

    def request(self, request: Any) -> Any:
        self._header_bytes = 0
        return super().request(request)

    def dataReceived(self, data: bytes) -> None:
        parser = self._parser
        if parser is not None and parser.state in (STATUS, HEADER):
            self._header_bytes += len(data)
            super().dataReceived(data)  # type: ignore[no-untyped-call]
            if self._header_bytes > HEADER_BYTES and self._parser is parser and parser.state in (STATUS, HEADER):
                assert self.transport is not None
                self.transport.abortConnection()  # a peer behind TLS might never close
                flood = TooLargeError(f"more than {HEADER_BYTES} bytes of headers")
                self._giveUp(Failure(flood))  # type: ignore[no-untyped-call]
            return
        super().dataReceived(data)  # type: ignore[no-untyped-call]


class _BoundedFactory(_LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: Any) -> _BoundedProtocol:
        return _BoundedProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


class BoundedHandler(HTTP11DownloadHandler):
    """Scrapy's handler with a bound on headers, and one time limit for a page with all its redirects."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = _BoundedFactory
        self._timeout = crawler.settings.getfloat("DOWNLOAD_TIMEOUT")

    async def download_request(self, request: Request) -> Response:
        """As Scrapy says; the time that redirects before took counts."""
        spent = request.meta.get(SPENT, 0.0)
        left = self._timeout - spent
        if left <= 0:
            raise DownloadTimeoutError(f"{request.url} took longer than {self._timeout:g} s with its redirects")
        request.meta["download_timeout"] = left
        started = time.monotonic()
        try:
            return await super().download_request(request)
        except DownloadFailedError as error:
            if flood := _cause(error):
                raise flood from error
            raise
        finally:
            request.meta[SPENT] = spent + time.monotonic() - started


def _cause(error: DownloadFailedError) -> TooLargeError | None:
    """The bound that was hit, inside the failures that Twisted wraps it in."""
    for failure in getattr(error.__cause__, "reasons", ()):
        if isinstance(failure.value, TooLargeError):
            return failure.value
    return None


class BoundedCompression(HttpCompressionMiddleware):
    """Scrapy's decompression with errors of our own: a bomb is too large, and a broken stream is the page's fault."""

    def process_response(self, request: Request, response: Response, spider: None = None) -> Request | Response:  # type: ignore[override]
        """As Scrapy says.

        Raises:
            TooLargeError: more than DOWNLOAD_MAXSIZE bytes come out.
            UndecodableBodyError: nothing sensible comes out.
        """
        if not response.body:
            return response
        try:
            return super().process_response(request, response)
        except IgnoreRequest as error:
            raise TooLargeError(f"more than {self._max_size} bytes after decompression") from error
        except Exception as error:  # each codec has its own
            names = b", ".join(response.headers.getlist("Content-Encoding")).decode("latin-1")
            raise UndecodableBodyError(f"the body is not in Content-Encoding {names}: {error}") from error
