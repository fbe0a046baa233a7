"""Hostile sites from a seed, crawled for real: the crawl ends, every candidate has an end, and the books close.

`python -m tests.fuzz.crawl --seed N --sites 2000` crawls thousands; test_crawl_fuzz.py crawls a hundred. Each site is a
loopback server with a home page, robots.txt, feed, sitemap and a few articles. Every URL, number, header and body gets
ordinary and hostile values: digits and letters of other scripts, odd schemes and ports, broken URLs, file names and
option-like texts as bodies, redirects to nowhere, damaged XML and HTTP. A canary listens at an address that is not
allowed, and must not see a request.
"""

from __future__ import annotations

import argparse
import gzip
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from random import Random
from typing import Any

from redis import Redis

from newsline.line.broker import broker
from schemas.store.connection import connect
from tests.scrapers.crawling import Crawled, books, crawl, source
from tests.scrapers.server import Server, answer

#: Sites crawled by a spider at a time, each at an address of its own.
AT_ONCE = 25
#: Limits of the spider: hostile hosts must end soon. Seconds and tries.
LIMITS: dict[str, Any] = {"download_timeout": 2, "retry_times": 0, "patience": 1, "crawl_time": 60}

_NUMBERS = ("2", "3", "²", "٣", "४", "Ⅳ", "1e9", "-1", "0", "999999999999999999999", "", "2.5", "２", "০", "%00", "NaN")
#: Delays of robots.txt; a delay of seconds would only make the crawl slow.
_DELAYS = ("²", "-1", "0", "", "0.01", "%00", "NaN", "soon")
_BODIES = (
    b"/etc/passwd",
    b"/dev/zero",
    b"/dev/stdin",
    b"--help",
    b"-",
    b"",
    b"\x00" * 50,
    b"\xff\xfe\x00",
    b"<",
    b"{",
    b"%PDF-1.4",
)
_TEXT = "It was a fine day in the harbour town, and everybody who could walk came out to see the ships sail in. " * 3


def urls(random: Random, base: str, canary: str) -> str:
    """Return a URL as a hostile page may write it."""
    number = random.choice(_NUMBERS)
    return random.choice(
        (
            f"{base}/2026/11/03/story-{random.randrange(6)}/",
            f"?page={number}",
            f"/2026/11/03/story-1/{number}",
            f"/2026/11/03/story-1/?p={number}&page={number}",
            "http://[::1",
            "http://[::ffff:127.0.0.1]/x",
            "http://",
            "http:example.com/s.xml",
            "//",
            "mailto:x@example.com",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "ftp://example.invalid/x",
            f"{base}:99999/x",
            f"{base}:{number}/x",
            "http://user:pw@127.0.0.1/",
            canary,
            f"{canary}/../x",
            "http://xn--a/",
            "http://ex ample.invalid/\r\nX: y",
            "http://\u2488.invalid/",
            "http://a\u0000b.invalid/",
            "http://" + "a" * 300 + ".invalid/",
            "#" + "x" * 3000,
            "/%zz%",
            "/\ud7ff\u202e",
        )
    )


def html(random: Random, base: str, canary: str) -> bytes:
    """Return a page of an article with hostile URLs in every place that holds a URL."""

    def url() -> str:
        return urls(random, base, canary)

    title = random.choice(("A fine day", "²", "", "<b>", "&#0;&#x110000;"))
    links = "".join(f'<a href="{url()}" rel="{random.choice(("next", "", "canonical"))}">2</a>' for _ in range(6))
    page = (
        f'<html><head><title>{title}</title><base href="{url() if random.random() < 0.2 else base}">'
        f'<link rel="canonical" href="{url()}"><link rel="next" href="{url()}">'
        f'<meta property="og:url" content="{url()}">'
        f'<link rel="alternate" type="application/rss+xml" href="{url()}"></head><body><article><h1>{title}</h1>'
        f"<p>{_TEXT}</p>{links}</article></body></html>"
    )
    return answer(page.encode("utf-8", "surrogatepass"), status=200)


def listing(random: Random, base: str, canary: str, kind: str) -> bytes:
    """Return a feed, a sitemap or a robots.txt, damaged now and then."""
    entries = [urls(random, base, canary).replace("&", "&amp;").replace("<", "") for _ in range(8)]
    entries += [f"{base}/2026/11/03/story-{number}/" for number in range(3)]
    date = random.choice(
        ("2026-11-03", "²026-11-03", "٢٠٢٦-١١-٠٣", "now", "99999-99-99", "Tue, 03 Nov 2026 10:00:00 +9999")
    )
    if kind == "robots":
        lines = [f"Sitemap: {entry}" for entry in entries] + [
            f"Crawl-delay: {random.choice(_DELAYS)}",
            "Disallow: /%zz*$",
        ]
        body = "User-agent: *\n" + "\n".join(random.sample(lines, len(lines)))
    elif kind == "feed":
        items = "".join(
            f"<item><title>²</title><link>{entry}</link><pubDate>{date}</pubDate></item>" for entry in entries
        )
        body = f'<?xml version="1.0"?><rss version="2.0"><channel>{items}</channel></rss>'
    else:
        locs = "".join(f"<url><loc>{entry}</loc><lastmod>{date}</lastmod></url>" for entry in entries)
        body = f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{locs}</urlset>'
    data = body.encode("utf-8", "surrogatepass")
    if random.random() < 0.2:
        data = data[: random.randrange(len(data))]
    if random.random() < 0.1:
        data = gzip.compress(data)
    return answer(data, status=200, content_type=random.choice(("text/xml", "text/plain; charset=²", "text/html", "")))


def damaged(random: Random, base: str, canary: str) -> bytes:
    """Return an answer that breaks HTTP, or leads to nowhere."""
    return random.choice(
        (
            answer(
                random.choice(_BODIES), status=200, content_type=random.choice(("text/html", "text/xml", "image/png"))
            ),
            answer(
                status=random.choice((301, 302, 307)),
                location=urls(random, base, canary).encode("latin-1", "replace").decode("latin-1").replace("\r\n", ""),
            ),
            answer(
                status=random.choice((204, 206, 304, 402, 410, 418, 429, 451, 500, 599)),
                retry_after=random.choice((*_NUMBERS[:4], "soon")).encode("ascii", "replace").decode(),
            ),
            b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\nConnection: close\r\n\r\nshort",
            b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\nConnection: close\r\n\r\nx",
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx",
            b"HTTP/1.1 200 OK\r\n" + b"X-Header: " + b"a" * 70_000 + b"\r\n\r\nx",
            b"HTTP/1.1 abc\r\n\r\n",
            b"\x00\x01\x02",
            b"",
        )
    )


def routes(seed: int, base: str, canary: str) -> dict[str, bytes]:
    """Return the answers of the site `seed`, by path."""
    random = Random(seed)
    made = {"/": html(random, base, canary)}
    made |= {f"/2026/11/03/story-{number}/": html(random, base, canary) for number in range(6)}
    made |= {"/robots.txt": listing(random, base, canary, "robots")}
    made |= {"/feed": listing(random, base, canary, "feed"), "/rss.xml": listing(random, base, canary, "feed")}
    made |= {"/sitemap.xml": listing(random, base, canary, "sitemap")}
    for path in made:
        if random.random() < 0.25:
            made[path] = damaged(random, base, canary)
    return made


def crawl_sites(redis: Redis, url: str, seeds: Sequence[int]) -> Crawled:
    """Crawl the sites of `seeds` (at most AT_ONCE) with one spider, and check their end.

    Raises:
        AssertionError: the spider did not end in order, a candidate has no end, or the canary saw a request.
    """
    redis.flushall()
    with ExitStack() as stack:
        canary = stack.enter_context(Server("127.0.0.1"))
        servers = {seed: stack.enter_context(Server(f"127.0.1.{place + 1}")) for place, seed in enumerate(seeds)}
        for seed, server in servers.items():
            server.routes.update(routes(seed, server.url(""), canary.url("")))
        sources = [source(f"site-{seed}", server.url()) for seed, server in servers.items()]
        done = crawl(redis, url, sources, time_limit=150, log_level="ERROR", **LIMITS)
        assert done.status == 0, (list(seeds), done.errors[-3000:])
        assert canary.targets == [], (list(seeds), canary.targets)
        for seed in seeds:
            left = books(redis, f"site-{seed}")
            assert left.leased == 0, (seed, left, done.errors[-3000:])
        return done


def batches(first: int, sites: int) -> Iterator[range]:
    """Yield the seeds of `sites` sites from `first` on, AT_ONCE at a time."""
    for start in range(first, first + sites, AT_ONCE):
        yield range(start, min(start + AT_ONCE, first + sites))


def main(arguments: Sequence[str]) -> int:
    """Crawl as many sites as the arguments say; return 1 at the first failure, which names its seeds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sites", type=int, default=500)
    options = parser.parse_args(arguments)
    from pathlib import Path
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as directory, broker(Path(directory)) as url:
        redis = connect(url)
        pages = rejects = 0
        for seeds in batches(options.seed * 1_000_000, options.sites):
            done = crawl_sites(redis, url, seeds)
            pages, rejects = pages + len(done.pages), rejects + len(done.rejects)
            print(f"sites {seeds.start} to {seeds.stop - 1}: {pages} pages, {rejects} rejects so far", flush=True)
    print(f"{options.sites} sites: every crawl ended, and the books close")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
