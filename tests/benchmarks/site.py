"""Local sites of saved pages that cost next to nothing to serve: a process of its own, answers made beforehand."""

from __future__ import annotations

import asyncio
import gzip
import json
import multiprocessing
import signal
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from w3lib.url import safe_url_string

from tests.benchmarks.figure import NotHereError

#: The labelled pages, which are no part of the project.
CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
#: The sets on which the time of a page is judged.
SETS = ("zyte", "fundus", "aed")


@dataclass(frozen=True)
class Saved:
    """A page of the corpus as it was fetched, and where from."""

    url: str
    body: bytes


def saved_pages(sets: Sequence[str] = SETS) -> list[Saved]:
    """The pages of the corpus, in its order.

    Raises:
        NotHereError: there is no corpus.
    """
    labels = [label for name in sets for label in sorted((CORPUS / name).glob("*.json"))]
    if not labels:
        raise NotHereError("needs the labelled pages in ../shared/corpus")
    return [
        Saved(json.loads(label.read_bytes())["url"], gzip.decompress(label.with_suffix(".html.gz").read_bytes()))
        for label in labels
    ]


@dataclass(frozen=True)
class Site:
    """A site that is being served: its home page's URL, and the URLs of its pages."""

    home: str
    pages: list[str]
    _first: Any

    @property
    def first_request(self) -> float:
        """When the first page was asked for (`time.monotonic`); 0 when none was."""
        return float(self._first.value)


@contextmanager
def serving(bodies: Sequence[bytes], count: int) -> Iterator[Site]:
    """Serve `count` pages under names of their own, whose bodies are `bodies` in turns."""
    answers = [_answer(b"200 OK", body) for body in bodies]
    names = [f"news/{number}-harbour-town-council-votes.html" for number in range(count)]
    targets = {f"/{name}".encode(): answers[number % len(answers)] for number, name in enumerate(names)}
    with _answering(targets) as (home, first):
        yield Site(home, [home + name for name in names], first)


@contextmanager
def proxy(pages: Iterable[Saved]) -> Iterator[str]:
    """The URL of a proxy for plain HTTP that has `pages`, under their own addresses, and nothing else."""
    addresses = ((safe_url_string(page.url.partition("#")[0]), page.body) for page in pages)
    targets = {address.encode(): _answer(b"200 OK", body) for address, body in addresses}
    with _answering(targets) as (home, _):
        yield home


@contextmanager
def _answering(targets: Mapping[bytes, bytes]) -> Iterator[tuple[str, Any]]:
    """A server with an answer for each request target: its URL, and when it was first asked."""
    context = multiprocessing.get_context("fork")
    port, first = context.Value("i", 0), context.Value("d", 0.0)
    process = context.Process(target=_serve, args=[targets, port, first], daemon=True)
    process.start()
    while not port.value:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port.value}/", first
    finally:
        process.terminate()
        process.join()


def _serve(targets: Mapping[bytes, bytes], port: Any, first: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who measures, and it ends us
    nothing = _answer(b"404 Not Found", b"")

    class Connection(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self._transport: Any = transport
            self._rest = b""

        def data_received(self, data: bytes) -> None:
            *requests, self._rest = (self._rest + data).split(b"\r\n\r\n")
            for request in requests:
                if not first.value:
                    first.value = time.monotonic()
                self._transport.write(targets.get(request.split(b" ", 2)[1], nothing))

    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0)
        port.value = server.sockets[0].getsockname()[1]
        await server.serve_forever()

    asyncio.run(serve())


def _answer(status: bytes, body: bytes) -> bytes:
    head = b"HTTP/1.1 %s\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
    return head + body
