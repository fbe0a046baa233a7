"""Read listings where limits of time and memory hold, since parsers of feeds have steps that take quadratic time.

80 KB of line ends behind `<!DOCTYPE x [` take feedparser 20 seconds, without a pause for any other thread. Therefore:

- robots.txt, and small pages and sitemaps, are read in a thread: our own code there takes linear time;
- feeds, packed listings and large listings are read by a reader process, which forks a child for each listing.

A child over a limit, or a child that crashes, ends alone: the reader process answers with the reason. The reader
process starts with the first such listing, and ends when the spider's end of the pipe closes. A pool of multiprocessing
(pebble) would run two helper processes, and import the spider's main module into every child.
"""

from __future__ import annotations

import asyncio
import atexit
import gc
import logging
import os
import resource
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from typing import IO, Any, Literal

import orjson

from scrapers.discovery.candidate import Candidate
from scrapers.discovery.listing import Listing
from scrapers.discovery.pages import read_page
from scrapers.discovery.robots import read_robots
from scrapers.discovery.sitemaps import MOST_ENTRIES, read_sitemap

logger = logging.getLogger(__name__)

Kind = Literal["home", "robots", "feed", "sitemap", "section"]

#: Bytes up to which a page or sitemap is read in a thread.
_SMALL = 64 * 1024
#: Limits for a listing: CPU time and wall time (s), and address space (bytes). A sitemap of 64 MB takes a third.
_CPU_SECONDS, _SECONDS, _MEMORY = 20, 90, 1 << 30
#: Exit status of a child without memory.
_NO_MEMORY = 3


class ListingReader:
    """Reads listings, one at a time, by a reader process with limits for each listing."""

    def __init__(self, *, cpu_seconds: int = _CPU_SECONDS, seconds: int = _SECONDS, memory: int = _MEMORY) -> None:
        self._limits = [str(cpu_seconds), str(seconds), str(memory)]
        self._thread = ThreadPoolExecutor(1, "listings")
        self._process: subprocess.Popen[bytes] | None = None

    async def read(
        self, kind: Kind, body: bytes, url: str, content_type: str = "", since: float = 0.0, most: int = MOST_ENTRIES
    ) -> Listing:
        """Return the listing in `body`; not `valid`, with the `problem`, when a limit is reached or a parser fails.

        `since` and `most` limit the entries of a sitemap.
        """
        question = {"kind": kind, "url": url, "content_type": content_type, "since": since, "most": most}
        if _is_harmless(kind, body):
            listing = await asyncio.to_thread(_read, body, question)
        else:
            listing = await asyncio.get_running_loop().run_in_executor(self._thread, self._ask, body, question)
        if listing.problem:
            logger.warning("cannot read the %s at %r; the crawl goes on without it: %s", kind, url, listing.problem)
        return listing

    def _ask(self, body: bytes, question: dict[str, Any]) -> Listing:
        """Ask the reader process. Blocks; runs in the reader's only thread, so a single question is under way."""
        for _ in range(2):  # a reader process killed from outside is replaced once
            process = self._process = self._process or self._start()
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                _send(process.stdin, orjson.dumps(question))
                _send(process.stdin, body)
                return _unpack(_receive(process.stdout))
            except (BrokenPipeError, EOFError):
                self.close()
        return Listing(valid=False, problem="the reader process was killed")

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "scrapers.discovery.reader", *self._limits]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def close(self) -> None:
        """End the reader process, if any."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()


@cache
def listing_reader() -> ListingReader:
    """Return the reader of this process."""
    reader = ListingReader()
    atexit.register(reader.close)
    return reader


def _is_harmless(kind: Kind, body: bytes) -> bool:
    """Return whether the listing in `body` may be read in a thread."""
    if kind == "robots":
        return True
    small = len(body) <= _SMALL and not body.startswith(b"\x1f\x8b")
    return small and (kind in ("home", "section") or (kind == "sitemap" and b"<urlset" in body[:1000]))


def _read(body: bytes, question: dict[str, Any]) -> Listing:
    """Return the listing in `body`."""
    url, content_type = question["url"], question["content_type"]
    try:
        match question["kind"]:
            case "robots":
                return read_robots(body, url)
            case "feed":
                from scrapers.discovery.feeds import read_feed

                return read_feed(body, url, content_type)
            case "sitemap":
                return read_sitemap(body, url, content_type, since=question["since"], most=question["most"])
            case _:
                return read_page(body, url, content_type)
    except MemoryError:
        raise
    except Exception as error:  # a fault of ours or of a library costs this listing only
        return Listing(valid=False, problem=f"{type(error).__name__}: {error}")


# -- the pipe ----------------------------------------------------------------------------------------------------------


def _send(stream: IO[bytes], message: bytes) -> None:
    stream.write(len(message).to_bytes(8, "big"))
    stream.write(message)
    stream.flush()


def _receive(stream: IO[bytes]) -> bytes:
    """Return the next message.

    Raises:
        EOFError: the other side has ended.
    """
    head = stream.read(8)
    message = stream.read(int.from_bytes(head, "big"))
    if len(head) < 8 or len(message) < int.from_bytes(head, "big"):
        raise EOFError
    return message


def _pack(listing: Listing) -> bytes:
    fields: dict[str, Any] = vars(listing) | {"candidates": []}
    for candidate in listing.candidates:
        try:
            fields["candidates"].append([candidate.payload.decode(), candidate.rank])
        except TypeError:  # half of a surrogate pair in a URL or hint, which no JSON can hold
            continue
    return orjson.dumps(fields)


def _unpack(message: bytes) -> Listing:
    fields = orjson.loads(message)
    candidates = [replace(Candidate.of(payload.encode()), rank=rank) for payload, rank in fields.pop("candidates")]
    return Listing(candidates=candidates, **fields)


# -- the reader process ------------------------------------------------------------------------------------------------


def _serve(cpu_seconds: int, seconds: int, memory: int) -> None:
    """Answer questions from standard input until the spider closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the spider
    import scrapers.discovery.feeds  # noqa: F401, I001  each child finds the modules loaded
    import feedparser  # noqa: F401

    gc.freeze()  # else the collections of each child would copy the memory of this process
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    while True:
        try:
            question, body = orjson.loads(_receive(questions)), _receive(questions)
            _send(answers, _in_child(body, question, cpu_seconds, seconds, memory))
        except (EOFError, BrokenPipeError):
            return


def _in_child(body: bytes, question: dict[str, Any], cpu_seconds: int, seconds: int, memory: int) -> bytes:
    """Return the packed listing, read by a child of this process."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            signal.alarm(seconds)
            resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
            with os.fdopen(theirs, "wb") as stream:
                stream.write(_pack(_read(body, question)))
            os._exit(0)
        except MemoryError:
            os._exit(_NO_MEMORY)
        finally:
            os._exit(1)
    os.close(theirs)
    with os.fdopen(ours, "rb") as stream:
        answer = stream.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status == 0:
        return answer
    reasons = {
        -signal.SIGXCPU: f"took longer than {cpu_seconds} s of CPU time",
        -signal.SIGALRM: f"took longer than {seconds} s",
        _NO_MEMORY: f"took more than {memory >> 20} MB of memory",
    }
    return _pack(Listing(valid=False, problem=reasons.get(status, f"crashed (exit status {status})")))


if __name__ == "__main__":
    _serve(*map(int, sys.argv[1:4]))
