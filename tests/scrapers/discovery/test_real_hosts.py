"""Real pages under their real hosts, given by home page only, through the replay proxy of ../shared."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest

from schemas.urls.twins import twin_key
from tests.crawling import crawl

HOSTS = 200


@pytest.fixture
def proxy(shared: Path) -> Iterator[str]:
    """The address of a replay proxy on a port of its own."""
    command = [sys.executable, str(shared / "tools" / "replay.py"), str(shared / "corpus"), "--port", "0"]
    wrapper = (
        "import sys, runpy, http.server as s\n"
        "class Server(s.ThreadingHTTPServer):\n"
        "    request_queue_size = 256\n"
        "    def server_activate(self):\n"
        "        super().server_activate(); print('port', self.server_port, file=sys.stderr, flush=True)\n"
        "s.ThreadingHTTPServer = Server\n"
        "sys.argv = sys.argv[1:]\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')\n"
    )
    with subprocess.Popen(
        [command[0], "-c", wrapper, *command[1:]], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as server:
        try:
            assert server.stderr
            match = re.search(rb"port (\d+)", server.stderr.readline())
            assert match
            yield f"http://127.0.0.1:{int(match[1])}"
        finally:
            server.terminate()


def _hosts(shared: Path) -> dict[str, int]:
    """Hosts of the corpus with the fewest pages, for extraction is what takes the time, and how many each lists."""
    listed: Counter[str] = Counter()
    for label in (shared / "corpus").glob("*/*.json"):
        url = str(json.loads(label.read_bytes()).get("url") or "")
        match = re.match(r"https?://([a-z0-9.-]+)/(\S+)$", url)
        if match and match[1].isascii() and not match[1].endswith(".invalid"):
            listed[match[1]] += 1
    return dict(sorted(listed.items(), key=lambda entry: (entry[1], entry[0]))[:HOSTS])


@pytest.mark.timeout(300)
def test_every_listed_page_is_found_fetched_once_and_accounted_for(shared: Path, proxy: str, tmp_path: Path) -> None:
    hosts = _hosts(shared)
    homes = [f"http://{host}/" for host in hosts]
    outcome = crawl(tmp_path, *homes, environment={"http_proxy": proxy, "https_proxy": proxy})
    assert outcome.status == 0, outcome.said
    answered = json.load(build_opener().open(proxy + "/_stats"))["200"]
    opener = build_opener(ProxyHandler({"http": proxy}))
    listed: dict[str, str] = {}
    for home in homes:
        for link in re.findall(r"<loc>([^<]+)</loc>", opener.open(home + "sitemap.xml").read().decode()):
            listed[twin_key(link.replace("&amp;", "&"))] = link
    ended = Counter(twin_key(line["url"]) for line in [*outcome.articles, *outcome.rejects])
    assert len(listed) >= HOSTS
    # no more than each host's home page, robots.txt, sitemap and feed, and each page: nothing was asked for twice
    assert answered <= 4 * len(hosts) + len(listed)
    assert {key for key in listed if key not in ended} == set()
    assert {key: count for key, count in ended.items() if key in listed and count > 1} == {}
