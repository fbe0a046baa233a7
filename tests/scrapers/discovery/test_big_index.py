"""A sitemap index of 50,000 URLs: taken in whole, in little memory, and free of charge the second time."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable

import orjson
import pytest
from redis import Redis

from schemas.source import source_for
from schemas.store.books import read_books
from schemas.store.connection import connect
from schemas.store.keys import PENDING, frontier_key
from tests.crawling import ROOT
from tests.sites.server import serve
from tests.sites.site import Site

CHILDREN, EACH = 10, 5000
#: What a crawl's process may take at its height (MB).
MOST_MEMORY = 250

#: VmHWM, not ru_maxrss: the latter keeps the height of the process that started this one (Linux, fs/exec.c).
_SPIDER = """
import re, sys
from pathlib import Path
from scrapers.crawl import main
main()
print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1], file=sys.stderr)
"""


def _sitemap(child: int) -> str:
    filler = (
        "<image:image><image:loc>{{base}}/picture.png</image:loc><image:title>A picture</image:title></image:image>"
    )
    urls = "".join(
        f"<url><loc>{{{{base}}}}/2025/11/{child:02}/story-of-the-day-{number}</loc>"
        f"<lastmod>2025-11-{child + 10}T10:00:00Z</lastmod>{filler * (30 if child == 0 else 1)}</url>"
        for number in range(EACH)
    )
    return f"<urlset xmlns:image='i'>{urls}</urlset>"


def _crawl(home: str, done: Callable[[], bool]) -> int:
    """Crawl the site at `home` until `done`, in a process like those of `newsline crawl`; its greatest memory in MB."""
    plan = {"sources": [source_for(home).model_dump()], "allow_net": ["127.0.0.0/8"], "owner": "test"}
    command = [sys.executable, "-c", _SPIDER]
    pipe = subprocess.PIPE
    # pages wait for a worker already, so none is fetched: this is about listings
    connect().hset(PENDING, "waiting", '["nobody",0]')
    environment = {**os.environ, "NEWSLINE_PENDING_PAGES": "1"}
    with subprocess.Popen(command, stdin=pipe, stderr=pipe, cwd=ROOT, env=environment) as process:
        assert process.stdin
        assert process.stderr
        process.stdin.write(orjson.dumps(plan) + b"\n")
        process.stdin.flush()
        while not done() and process.poll() is None:
            time.sleep(0.1)
        process.stdin.close()  # its lifeline: it comes to an end
        stderr = process.stderr.read()
    assert process.returncode == 0, stderr.decode()
    return int(stderr.split()[-1]) // 1024


def test_fifty_thousand_urls(valkey: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site("big")
    index = "".join(f"<sitemap><loc>{{{{base}}}}/map-{child}.xml</loc></sitemap>" for child in range(CHILDREN))
    site.publish("/", "<html><title>Big</title><p>Welcome</p></html>")
    site.publish("/robots.txt", "Sitemap: {{base}}/index.xml\n")
    site.publish("/index.xml", f"<sitemapindex>{index}</sitemapindex>", content_type="application/xml")
    for child in range(CHILDREN):
        site.publish(f"/map-{child}.xml", _sitemap(child), content_type="application/xml")
    monkeypatch.setenv("NEWSLINE_DOWNLOAD_DELAY", "0")
    listings = {"/", "/robots.txt", "/index.xml", *(f"/map-{child}.xml" for child in range(CHILDREN))}
    with serve(site) as served:
        source_id = source_for(site.url()).id

        def found() -> int:
            return read_books(valkey, source_id).discovered

        assert _crawl(site.url(), lambda: found() == CHILDREN * EACH) < MOST_MEMORY
        assert {request.path for request in served.log} == listings
        todo = valkey.zcard(frontier_key(source_id, "todo"))
        assert found() == todo == CHILDREN * EACH
        served.forget()
        asked_for = listings - {"/robots.txt"}  # kept for a day
        _crawl(site.url(), lambda: {request.path for request in served.log} >= asked_for)
        assert {request.path for request in served.log} == asked_for
        assert found() == CHILDREN * EACH
