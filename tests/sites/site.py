"""Site: the pages of one news site by path, to be published, edited and withdrawn while it is being served."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from tests.sites.page import Page
from tests.sites.request import Request

#: What a path may hold: a page, or a function that is asked at each request (under no lock).
Answer = Page | Callable[[Request], Page]


@dataclass(frozen=True, slots=True)
class Published:
    """An answer with the moment from which it stands at its path."""

    answer: Answer
    since: datetime


class Site:
    """One site: a name, its pages, and its address once a server has opened it.

    `host` gives it a name of its own (`news.example`): requests with that Host header reach it at any address of the
    server, so the server can stand behind a resolver or as `http_proxy`. Without one its URLs are by address.
    `address` is the loopback address to listen on; by default the server takes the next of 127.0.1.1, 127.0.1.2, …
    """

    def __init__(self, name: str, *, host: str | None = None, address: str | None = None) -> None:
        self.name = name
        self.host = host
        self.address = address
        #: What answers where nothing is published.
        self.missing = Page("<!doctype html><title>404 Not Found</title><h1>Not Found</h1>", status=404)
        self._routes: dict[str, Published] = {}
        self._lock = Lock()
        self._base: str | None = None

    def publish(self, path: str, page: Answer | str | bytes, **options: Any) -> None:
        """Put `page` at `path`, in place of what was there; `options` are fields of Page.

        A path with a query answers only that query; without one it answers every query that has no page of its own.
        """
        if isinstance(page, str | bytes):
            page = Page(page, **options)
        elif options:
            if not isinstance(page, Page):
                raise TypeError(f"{path}: a function makes its own pages, so it takes no {', '.join(options)}")
            page = replace(page, **options)
        with self._lock:
            self._routes[_checked(path)] = Published(page, datetime.now(UTC))

    def redirect(self, path: str, to: str, status: int = 301) -> None:
        """Answer `path` with a redirect to `to`: a path, an address, or `{{base}}/…`."""
        self.publish(path, Page(status=status, headers={"Location": to}))

    def withdraw(self, path: str, status: int | None = None) -> None:
        """Take the page at `path` away: from now on the site's `missing` page, or an empty page with `status` (410)."""
        with self._lock:
            del self._routes[path]
        if status is not None:
            self.publish(path, Page(status=status))

    def page(self, path: str) -> Page:
        """The page published at `path`; KeyError where there is none, TypeError where a function answers."""
        with self._lock:
            answer = self._routes[path].answer
        if not isinstance(answer, Page):
            raise TypeError(f"{self.name}{path} is answered by a function")
        return answer

    def __iter__(self) -> Iterator[str]:
        """The paths at which something is published."""
        with self._lock:
            return iter(tuple(self._routes))

    def answer(self, request: Request) -> tuple[Page, datetime]:
        """The page for `request` and the moment from which it stands."""
        with self._lock:
            found = self._routes.get(request.path) or self._routes.get(urlsplit(request.path).path)
        if found is None:
            return self.missing, datetime.now(UTC)
        return found.answer if isinstance(found.answer, Page) else found.answer(request), found.since

    @property
    def base(self) -> str:
        """Scheme, host and port, without a slash at the end; RuntimeError while no server has opened the site."""
        if self._base is None:
            raise RuntimeError(f"the site {self.name} has no address yet: open it with serve()")
        return self._base

    def url(self, path: str = "/") -> str:
        """The absolute URL of `path`."""
        return self.base + path

    def opened(self, base: str | None) -> None:
        """The server tells the address at which the site now stands, or None when it is closed."""
        self._base = base


def in_turn(*pages: Page) -> Callable[[Request], Page]:
    """An answer that gives `pages` one after the other, and the last for ever: 503, 503, then the article."""
    waiting = list(pages)
    lock = Lock()

    def answer(_request: Request) -> Page:
        with lock:
            return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    return answer


def _checked(path: str) -> str:
    """`path` itself, if it can stand in a request line."""
    if not path.startswith("/") or not path.isascii() or " " in path:
        raise ValueError(f"{path!r} is no path: it starts with / and everything beyond ASCII is percent-encoded")
    return path
