"""Newsline on eight hosts: Valkey with passwords, two crawl hosts, three worker hosts, one writer, and the sites.

The processes are those that docs/operations.md names for many machines; the hosts are network namespaces. Hosts are cut
off and come back, others lose their power for good; the feed ends complete and without doubles, and the books close.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from rq import Worker

from newsline.line.broker import server_binary
from schemas.process.heartbeat import alive
from schemas.process.settings import PREFIX
from schemas.store.books import Books, all_sources, read_books, total
from schemas.store.connection import REDIS_URL, connect
from schemas.store.keys import ARTICLES_STREAM, BLAME, PENDING, QUARANTINE, REJECTS_STREAM
from tests.crawling import lines
from tests.hosts.lan import NETWORK, Host, Lan, lan, why_not

ROOT = Path(__file__).parents[2]
_DEPLOY = ROOT / "deploy"
_SITES, _PAGES = 4, 40
#: How long the sites take for an answer: long enough that crawls are under way when hosts are lost (s).
_ANSWER = 1.0
#: Leases and registrations as short as they may be, so that hosts are missed within seconds.
_SETTINGS = {
    "LEASE": "3",
    "WORKER_GONE": "15",
    "HANDOVER_PAGES": "10",
    "RETRY_TIMES": "5",
    "LOG_LEVEL": "WARNING",
    "ALLOW_NET": NETWORK,
}
_LIMIT = 240.0


@pytest.fixture(scope="module", autouse=True)
def _needs_namespaces() -> None:
    if reason := why_not():
        pytest.skip(reason)


class Newsline:
    """The hosts, what runs on them, and what came of it."""

    def __init__(self, network: Lan, room: Path) -> None:
        self._room = room
        self.valkey = network.host("valkey")
        self.web = network.host("web")
        self.crawlers = [network.host(f"crawl-{number}") for number in (1, 2)]
        self.workers = [network.host(f"worker-{number}") for number in (1, 2, 3)]
        self.writer = network.host("writer")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(PREFIX) and k != REDIS_URL}
        shutil.copytree(_DEPLOY, room / "deploy", ignore=shutil.ignore_patterns("secrets"))
        subprocess.run([str(room / "deploy" / "secrets.sh"), self.valkey.address], check=True)
        url = (room / "deploy" / "secrets" / "newsline.env").read_text().strip().partition("=")[2]
        self.password = urlsplit(url).password or ""
        settings = {PREFIX + name: value for name, value in _SETTINGS.items()}
        settings[PREFIX + "SOURCES"] = str(room / "sources.toml")
        self._environment = {**kept, "PYTHONPATH": str(ROOT), **settings, REDIS_URL: url}
        (room / "valkey").mkdir()
        self._serve_valkey()
        self.redis = connect(f"unix://newsline:{self.password}@{room / 'valkey' / 'socket'}")
        self.homes = [self._serve_site(number) for number in range(_SITES)]

    def run(self, host: Host, *command: str) -> None:
        """Start `command` of this Python on `host`."""
        host.start([sys.executable, *command], self._environment, self._room / f"{host.name}.log")

    def schedule(self) -> None:
        """The scheduler, which runs where the feed is written, and is the only one with a file of sources."""
        entries = [
            f'[[source]]\nid = "site-{n}"\nname = "Site {n}"\nhome = "{home}"\nschedule = "every 4s"\n'
            for n, home in enumerate(self.homes)
        ]
        (self._room / "sources.toml").write_text("\n".join(entries), "utf-8")
        self.rq(self.writer, "cron", "scrapers.cron")

    def crawl(self, host: Host) -> None:
        self.rq(host, "worker", "--worker-class", "scrapers.worker.CrawlWorker", "--name", host.name, "crawl")

    def work(self, host: Host) -> None:
        self.rq(host, "worker", "--worker-class", "workers.worker.PageWorker", "--name", host.name, "pages")

    def rq(self, host: Host, *arguments: str) -> None:
        self.run(host, "-m", "rq.cli", *arguments)

    def write(self) -> None:
        self.run(self.writer, "-m", "newsline", "feed", "write", str(self._room / "out"))

    def books(self) -> Books:
        return total([read_books(self.redis, source_id) for source_id in all_sources(self.redis)])

    def wait(self, what: str, true: Callable[[], bool]) -> None:
        """Wait until it is as asked."""
        deadline = time.monotonic() + _LIMIT
        while not true():
            assert time.monotonic() < deadline, f"never {what}: {self.books()}\n{self.logs()}"
            time.sleep(0.1)
        print(f"{time.monotonic():.1f} {what}: {self.books()}", flush=True)

    def at_work(self) -> set[str]:
        """The workers that RQ knows."""
        return {worker.name for worker in Worker.all(self.redis)}

    def roles(self) -> set[str]:
        """What the processes do that are alive, as status and metrics show them."""
        return {process.role for process in alive(self.redis, float(_SETTINGS["WORKER_GONE"]))}

    def done(self) -> bool:
        """Whether all that the sites have was found and has come to its end, and the streams are written."""
        books = self.books()
        waiting = self.redis.xlen(ARTICLES_STREAM) + self.redis.xlen(REJECTS_STREAM)
        return books.discovered == _SITES * (_PAGES + 1) and not books.in_flight and not waiting

    def articles(self) -> list[dict[str, Any]]:
        return lines(self._room, "articles")

    def rejects(self) -> list[dict[str, Any]]:
        return lines(self._room, "rejects")

    def logs(self) -> str:
        """The end of every host's log."""
        return "\n".join(f"--- {path.stem}\n{path.read_text()[-1500:]}" for path in sorted(self._room.glob("*.log")))

    def _serve_valkey(self) -> None:
        place = self._room / "valkey"
        users = self._room / "deploy" / "secrets" / "users.acl"
        options = ["--bind", self.valkey.address, "--aclfile", str(users), "--dir", str(place)]
        options += ["--unixsocket", str(place / "socket"), "--unixsocketperm", "700"]
        log = self._room / "valkey.log"
        self.valkey.start([server_binary(), str(_DEPLOY / "valkey.conf"), *options], self._environment, log)

    def _serve_site(self, number: int) -> str:
        log = self._room / f"site-{number}.log"
        arguments = [str(_PAGES), str(_ANSWER), self.web.address]
        command = [sys.executable, "-m", "tests.chaos.site", *arguments]
        self.web.start(command, {**self._environment, "PYTHONUNBUFFERED": "1"}, log)
        deadline = time.monotonic() + 20
        while not log.read_text().endswith("\n"):
            assert time.monotonic() < deadline, "the site did not come up"
            time.sleep(0.05)
        return log.read_text().strip()


@pytest.mark.timeout(400)
def test_hosts_are_cut_off_and_lost(tmp_path: Path) -> None:
    with lan() as network:
        line = Newsline(network, tmp_path)
        line.write()
        line.schedule()
        for host in line.workers:
            line.work(host)
        for host in line.crawlers:
            line.crawl(host)

        line.wait("under way", lambda: line.books().ended >= 20)
        rules = (_DEPLOY / "prometheus" / "newsline.rules.yml").read_text("utf-8")
        assert set(re.findall(r'role="([^"]+)"', rules)) == line.roles(), "alerts ask for roles that nobody has"
        line.workers[0].cut()
        line.workers[1].lose_power()
        line.crawlers[1].lose_power()
        line.wait("missed", lambda: line.at_work() == {"crawl-1", "worker-3"})
        line.crawlers[0].cut()
        line.writer.cut()
        time.sleep(6)  # longer than a lease, and than redis-py waits for an answer
        for host in (line.crawlers[0], line.writer, line.workers[0]):
            host.mend()
        line.wait("done", line.done)
        _check(line)
        line.wait("at work again", lambda: line.at_work() == {"crawl-1", "worker-1", "worker-3"})


def _check(line: Newsline) -> None:
    articles = line.articles()
    wanted = {f"{home}story/{number}" for home in line.homes for number in range(_PAGES)}
    assert {article["url"] for article in articles} == wanted
    assert [article["seq"] for article in articles] == list(range(1, len(articles) + 1))
    doubles = Counter((article["id"], article["revision"]) for article in articles)
    assert max(doubles.values()) == 1 and len(articles) == len(wanted)
    rejects = line.rejects()
    assert sorted(reject["url"] for reject in rejects) == sorted(f"{home}gone/0" for home in line.homes)
    books = line.books()
    assert books.gap == 0
    assert (books.emitted, sum(books.rejected.values()), books.quarantined) == (len(articles), len(rejects), 0)
    assert not line.redis.exists(PENDING, BLAME, QUARANTINE)
    assert not list(line.redis.scan_iter("newsline:page:*"))
    assert line.password and line.password not in line.logs()
