"""Adapter of Scrapy and Twisted: no other module knows the two by their insides.

Neither has documented hooks for the headers of a response in arrival, or for the start of a request. The classes here
override inner methods and turn each into a hook with a name of ours. `tests/house/test_adapters.py` names the inner
names which a new Scrapy or Twisted lacks.
"""

from __future__ import annotations

import time
from typing import Any

from scrapy import Request
from scrapy.core.downloader import Downloader, Slot
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    TunnelError,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
)
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure
from twisted.web._newclient import HEADER, STATUS

#: The inner names of Scrapy and Twisted in use here.
INNER_NAMES = (
    "scrapy.core.downloader:Downloader._download",
    "scrapy.core.downloader:Downloader._wait_for_download",
    "scrapy.core.downloader:Downloader.per_slot_settings",
    "scrapy.core.downloader:Downloader.slots",
    "scrapy.core.downloader:Slot.concurrency",
    "scrapy.core.downloader:Slot.delay",
    "scrapy.core.downloader:Slot.transferring",
    "scrapy.core.downloader.handlers.http11:HTTP11DownloadHandler._pool",
    "scrapy.core.downloader.handlers.http11:TunnelError",
    "scrapy.core.downloader.handlers.http11:_LenientHTTP11ClientFactory.buildProtocol",
    "scrapy.core.downloader.handlers.http11:_LenientHTTP11ClientProtocol.request",
    "scrapy.core.engine:ExecutionEngine.downloader",
    "twisted.web._newclient:HEADER",
    "twisted.web._newclient:HTTP11ClientProtocol._giveUp",
    "twisted.web._newclient:HTTP11ClientProtocol._parser",
    "twisted.web._newclient:HTTP11ClientProtocol.dataReceived",
    "twisted.web._newclient:HTTPParser.state",
    "twisted.web._newclient:STATUS",
    "twisted.web._newclient:_WrapperException.reasons",
    "twisted.web.client:HTTPConnectionPool._factory",
    "twisted.web.client:_HTTP11ClientFactory._quiescentCallback",
)

__all__ = [
    "INNER_NAMES",
    "HookedConnection",
    "HookedDownloader",
    "TunnelError",
    "reasons_of",
    "set_pace",
    "use_connections",
]


# -- connections -------------------------------------------------------------------------------------------------------


class HookedConnection(_LenientHTTP11ClientProtocol):
    """A connection to a server, with hooks for the headers. A hook does nothing here."""

    def before_request(self) -> None:
        """Prepare for the next request on this connection."""

    def headers_incomplete(self, size: int) -> None:
        """Follow the arrival of `size` further bytes of headers, after which the headers still have no end."""

    def give_up(self, error: Exception) -> None:
        """End the connection at once; the request fails, with `error` among the reasons."""
        assert self.transport is not None
        self.transport.abortConnection()  # a peer behind TLS might never close
        self._giveUp(Failure(error))  # type: ignore[no-untyped-call]

    def request(self, request: Any) -> Any:
        """Call `before_request`, then do as Scrapy does."""
        self.before_request()
        return super().request(request)

    def dataReceived(self, data: bytes) -> None:
        """Do as Twisted does, then call `headers_incomplete` while the headers have no end."""
        parser = self._parser
        in_headers = parser is not None and parser.state in (STATUS, HEADER)
        super().dataReceived(data)  # type: ignore[no-untyped-call]
        if in_headers and parser is not None and parser is self._parser and parser.state in (STATUS, HEADER):
            self.headers_incomplete(len(data))


def use_connections(handler: HTTP11DownloadHandler, kind: type[HookedConnection]) -> None:
    """Make `handler` open connections of the class `kind`."""

    class Factory(_LenientHTTP11ClientFactory):
        def buildProtocol(self, addr: Any) -> HookedConnection:
            return kind(self._quiescentCallback)

    handler._pool._factory = Factory


def reasons_of(error: Exception) -> list[BaseException]:
    """Return the errors by which a connection ended, from inside Twisted's failures under Scrapy's `error`."""
    return [failure.value for failure in getattr(error.__cause__, "reasons", ())]


# -- the downloader ----------------------------------------------------------------------------------------------------


class HookedDownloader(Downloader):
    """Scrapy's downloader, with an exact count of started requests, and a hook.

    Scrapy 2.19 starts all queued requests before counting a request as started.
    """

    def after_download(self, status: str, seconds: float) -> None:
        """Follow the end of a request `seconds` after the start, without the wait for the host.

        `status` is the status of the response, or "failed".
        """

    def _wait_for_download(self, slot: Slot, request: Request, queue_dfd: Any) -> Any:
        slot.transferring.add(request)
        return super()._wait_for_download(slot, request, queue_dfd)

    async def _download(self, slot: Slot, request: Request) -> Response:
        began, status = time.monotonic(), "failed"
        try:
            response = await super()._download(slot, request)
            status = str(response.status)
            return response
        finally:
            self.after_download(status, time.monotonic() - began)


def set_pace(crawler: Crawler, name: str, delay: float, concurrency: int) -> None:
    """Set the delay (seconds) and the requests at once of the slot `name` in the running downloader, if any."""
    if crawler.engine is None:
        return
    downloader = crawler.engine.downloader
    downloader.per_slot_settings[name] = {"delay": delay, "concurrency": concurrency, "jitter": 0}
    slot = downloader.slots.get(name)
    if slot is not None:
        slot.delay, slot.concurrency = delay, concurrency
