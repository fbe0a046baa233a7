"""A web server for misbehaviour: answers are raw bytes, sent as slowly and as broken as a test likes.

The server runs in a thread, on any loopback address, and logs the requests.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

Answer = bytes | AsyncIterator[bytes]


@dataclass(frozen=True)
class Asked:
    """A request: `at` is the time of the complete head, `connection` counts the server's connections."""

    at: float
    method: str
    target: str
    headers: dict[str, str]
    connection: int


Route = bytes | Callable[[Asked], Answer]


@dataclass
class Server:
    """Answers `routes` by path, and 404 elsewhere. A route is an answer, or a function from request to answer."""

    address: str = "127.0.1.1"
    port: int = 0
    routes: dict[str, Route] = field(default_factory=dict)
    log: list[Asked] = field(default_factory=list)
    #: Requests waiting for the beginning of an answer, now and at most.
    under_way: int = 0
    most_under_way: int = 0

    def __enter__(self) -> Server:
        self._loop = asyncio.new_event_loop()
        self._connections = 0
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=[ready], daemon=True)
        self._thread.start()
        assert ready.wait(5)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def url(self, target: str = "/") -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"http://{host}:{self.port}{target}"

    @property
    def targets(self) -> list[str]:
        """The requested targets, in order."""
        return [request.target for request in self.log]

    def times(self, target: str) -> list[float]:
        """Return the times of the requests for `target`."""
        return [request.at for request in self.log if request.target == target]

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, self.address, self.port, backlog=500))
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        number = self._connections
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                first, *lines = head.strip().split("\r\n")
                method, target, _ = first.split(" ", 2)
                headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
                request = Asked(time.time(), method, target, headers, number)
                self.log.append(request)
                head_sent = await self._answer(request, writer)
                if b"\r\nConnection: close" in head_sent or b"Content-Length" not in head_sent:
                    break
        writer.close()

    async def _answer(self, request: Asked, writer: asyncio.StreamWriter) -> bytes:
        """Answer `request`, and return the beginning of the answer."""
        route = self.routes.get(request.target.partition("?")[0], answer("not here", status=404))
        made = route(request) if callable(route) else route
        if isinstance(made, bytes):
            writer.write(made)
            await writer.drain()
            return made.partition(b"\r\n\r\n")[0]
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        first = b""
        async for part in made:
            if not first:
                first = part
                self.under_way -= 1
            writer.write(part)
            await writer.drain()
        return first


def answer(body: str | bytes = "", *, status: int = 200, **headers: str) -> bytes:
    """Return a whole HTTP/1.1 answer; header names have `_` for `-`."""
    body = body.encode() if isinstance(body, str) else body
    fields = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body))}
    fields |= {name.replace("_", "-").title(): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} Status\r\n{head}\r\n".encode() + body


def redirect(to: str, status: int = 302) -> bytes:
    """Return a redirect to `to`."""
    return answer(status=status, location=to)


def article(title: str = "A fine day", **headers: str) -> bytes:
    """Return an answer with the page of an article."""
    text = "It was a fine day in the harbour town, and everybody who could walk came out to see the ships. " * 5
    page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>"
    return answer(page, status=200, **headers)
