"""Each role's work runs with the role's user of users.acl, and the user is refused what the role does not need."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from redis import Redis
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError, NoPermissionError, TimeoutError
from redis.retry import Retry

from newsline.line.broker import server_binary
from schemas.store.connection import REDIS_URL
from schemas.store.keys import ARTICLES_STREAM, PENDING
from tests.deploy.files import DEPLOY, ROOT
from tests.sites.server import serve
from tests.sites.site import Site
from tests.workers.pages import page

ROLES = ["crawl", "pages", "feed", "schedule", "reader", "newsline"]


@dataclass(frozen=True)
class Valkey:
    """A running server with the users of deploy/: its socket, and the password of each role."""

    socket: Path
    passwords: dict[str, str]

    def url(self, role: str) -> str:
        return f"unix://{role}:{self.passwords[role]}@{self.socket}"

    def client(self, role: str) -> Redis:
        retry = Retry(ConstantBackoff(0.1), 100, (ConnectionError, TimeoutError))
        return Redis.from_url(self.url(role), retry=retry)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    place = tmp_path_factory.mktemp("roles") / "deploy"
    shutil.copytree(DEPLOY, place, ignore=shutil.ignore_patterns("secrets"))
    subprocess.run([str(place / "secrets.sh")], check=True)
    texts = {role: (place / "secrets" / f"{role}.env").read_text() for role in ROLES}
    passwords = {role: urlsplit(text.strip().partition("=")[2]).password or "" for role, text in texts.items()}
    socket = place / "socket"
    options = ["--port", "0", "--unixsocket", str(socket), "--dir", str(place)]
    command = [server_binary(), str(place / "valkey.conf"), *options, "--aclfile", str(place / "secrets" / "users.acl")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        valkey = Valkey(socket, passwords)
        valkey.client("newsline").ping()
        yield valkey
        process.terminate()


def _environment(url: str, home: Path) -> dict[str, str]:
    settings = {"NEWSLINE_SOURCES": str(home / "sources.toml"), "NEWSLINE_ALLOW_NET": "127.0.0.0/8"}
    return {**os.environ, **settings, "NEWSLINE_DOWNLOAD_DELAY": "0", "PYTHONPATH": str(ROOT), REDIS_URL: url}


def _run(command: list[str], url: str, home: Path) -> str:
    """Run a command to its end; return its output."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=home,
        env=_environment(url, home),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0 and "permission" not in done.stdout.lower(), done.stdout
    return done.stdout


@contextmanager
def _running(command: list[str], url: str, home: Path) -> Iterator[None]:
    """Run a daemon meanwhile; it must end in order at SIGTERM, without a word of permissions."""
    log = home / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=home, env=_environment(url, home), stdout=out, stderr=out
        )
        try:
            yield
            assert process.poll() is None, log.read_text()
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
            assert "permission" not in log.read_text().lower(), log.read_text()


def _wait(condition: Callable[[], object], home: Path, seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, (home / "log").read_text()
        time.sleep(0.1)


def test_each_role_does_its_work(server: Valkey, tmp_path: Path) -> None:
    operator = server.client("newsline")
    site = Site("town")
    links = "".join(
        f'<li><a href="/2026/11/24/story-{number}.html">Story {number} of the town</a>' for number in range(3)
    )
    site.publish("/", f"<html><title>Town</title><ul>{links}</ul></html>")
    for number in range(3):
        html = page(f"story-{number}").body
        site.publish(f"/2026/11/24/story-{number}.html", html, content_type="text/html; charset=utf-8")
    with serve(site):
        (tmp_path / "sources.toml").write_text(f'[[source]]\nid = "town"\nhome = "{site.url()}"\n')
        with _running(["rq.cli", "cron", "scrapers.cron"], server.url("schedule"), tmp_path):
            _wait(lambda: operator.llen("rq:queue:crawl"), tmp_path)
        _run(
            ["rq.cli", "worker", "--burst", "-w", "scrapers.worker.CrawlWorker", "crawl"], server.url("crawl"), tmp_path
        )
    assert operator.hlen(PENDING) == 3
    _run(["rq.cli", "worker", "--burst", "-w", "workers.worker.PageWorker", "pages"], server.url("pages"), tmp_path)
    assert operator.hlen(PENDING) == 0 and operator.xlen(ARTICLES_STREAM) == 3
    feed = tmp_path / "feed"
    with _running(["newsline", "feed", "write", str(feed)], server.url("feed"), tmp_path):
        _wait(lambda: sum(len(path.read_bytes().splitlines()) for path in feed.glob("articles-*.jsonl")) == 3, tmp_path)
    assert "town" in _run(["newsline", "status", "--json"], server.url("reader"), tmp_path)
    assert "town" in _run(["newsline", "books"], server.url("reader"), tmp_path)
    with _running(["newsline", "metrics", "--port", "19477"], server.url("reader"), tmp_path):
        _wait(lambda: b"newsline_" in _metrics(), tmp_path)


def _metrics() -> bytes:
    try:
        with urllib.request.urlopen("http://127.0.0.1:19477/metrics") as answer:
            content: bytes = answer.read()
            return content
    except OSError:
        return b""


#: Commands that nobody but an administrator of the server may give.
_NOBODY = [
    "CONFIG GET dir",
    "FLUSHALL",
    "SHUTDOWN",
    "SAVE",
    "ACL LIST",
    "KEYS *",
    "SET other 1",
    "MONITOR",
    "REPLICAOF NO ONE",
]
_REFUSED = {
    "crawl": [
        *("XADD newsline:articles * line x", "SET newsline:article:a x", "LPOP rq:queue:pages"),
        *("LRANGE rq:queue:pages 0 -1", "HSET newsline:sources:defined evil {}", "DEL newsline:writer:f"),
        *("SET rq:suspended 1", "HSET newsline:processes a b"),
    ],
    "pages": [
        *("RPUSH rq:queue:crawl job", "LRANGE rq:queue:crawl 0 -1", "HSET newsline:sources:defined evil {}"),
        *("ZADD newsline:sources:due 0 evil", "SET newsline:robots:a x", "HSET newsline:writer:f a 1"),
        *("SET newsline:validators:a x", "HSET newsline:crawled:a x y", "SET rq:suspended 1"),
    ],
    "feed": [
        *("RPUSH rq:queue:crawl job", "LRANGE rq:queue:crawl 0 -1", "GET newsline:page:p"),
        *("HSET newsline:sources:defined evil {}", "ZADD newsline:frontier:a:todo 0 x", "HDEL newsline:pending p"),
        *("HDEL newsline:quarantine p", "PUBLISH rq:pubsub:w x"),
    ],
    "schedule": [
        *("RPUSH rq:queue:pages job", "LRANGE rq:queue:pages 0 -1", "GET newsline:page:p", "HDEL newsline:pending p"),
        *("XADD newsline:articles * line x", "XRANGE newsline:articles - +", "SET newsline:article:a x"),
        *("HSET newsline:books:a emitted 1", "HDEL newsline:quarantine p"),
    ],
    "reader": [
        *("RPUSH rq:queue:pages job", "HSET newsline:books:a emitted 1", "DEL newsline:pending", "SET newsline:x 1"),
        *("XTRIM newsline:articles MAXLEN 0", "HDEL rq:job:a data", "EVAL return 0", "PUBLISH rq:pubsub:w x"),
    ],
    "newsline": [],
}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_is_refused_what_it_does_not_need(role: str, server: Valkey) -> None:
    client = server.client(role)
    allowed = []
    for words in [*_NOBODY, *_REFUSED[role]]:
        try:
            client.execute_command(*words.split())  # type: ignore[no-untyped-call]
        except NoPermissionError:
            continue
        allowed.append(words)
    assert allowed == []


def test_a_role_hears_no_other_channel(server: Valkey) -> None:
    for role in ("feed", "reader"):
        with pytest.raises(NoPermissionError):
            server.client(role).execute_command("SUBSCRIBE", "rq:pubsub:worker")  # type: ignore[no-untyped-call]
