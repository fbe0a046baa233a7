"""Security: no secret is shown, no pickle is loaded, no page writes to the terminal or the log."""

from __future__ import annotations

import io
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from redis import Redis
from rich.console import Console
from rq.job import Job
from rq.serializers import JSONSerializer

from newsline.line.supervisor import Child
from newsline.show.tables import print_books, print_quarantine
from schemas.process.logs import log_to_stderr
from schemas.process.settings import Settings
from schemas.store.books import Books, total
from schemas.store.connection import connect
from schemas.store.jobs import enqueue_pages, pages_queue
from schemas.store.quarantine import Aside, Try
from schemas.timestamp import now_utc
from workers.feed.writer import Stream, _readable
from workers.worker import PageWorker

ROOT = Path(__file__).parents[2]
#: A title with terminal escapes and a forged log line.
EVIL = "Bridge\x1b]0;mine\x07\x1b[2J\x9b31m\r\n2026-11-24 newsline ERROR all is lost\u202e"
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]")
_SECRET = "sesame-4711"


def test_no_pickle() -> None:
    sources = [path for room in ("newsline", "scrapers", "workers", "schemas") for path in (ROOT / room).rglob("*.py")]
    words = re.compile(r"^\s*(?:import|from)\s+(?:pickle|marshal|shelve|dill|joblib)\b|allow_pickle=True", re.MULTILINE)
    assert [str(path) for path in sources if words.search(path.read_text("utf-8"))] == []


def test_jobs_are_json(valkey: Redis) -> None:
    enqueue_pages(pages_queue(valkey), [["p1"]])
    assert pages_queue(valkey).serializer is JSONSerializer
    assert PageWorker([pages_queue(valkey)], connection=valkey).serializer is JSONSerializer
    for job_id in pages_queue(valkey).get_job_ids():
        job = Job.fetch(job_id, connection=valkey, serializer=JSONSerializer)
        assert (job.func_name, job.args) == ("workers.jobs.normalise_pages", [["p1"]])


def _newsline(*arguments: str, url: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "newsline", *arguments],
        cwd=ROOT,
        env={**os.environ, "REDIS_URL": url},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return done.stdout + done.stderr


def test_the_password_is_not_shown(valkey: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _SECRET not in _newsline("settings", url=f"redis://me:{_SECRET}@127.0.0.1:1/0")
    # a server that refuses the password; the message reaches users, logs and tracebacks
    server = valkey.config_get("requirepass")
    assert server == {"requirepass": ""}
    path = valkey.connection_pool.connection_kwargs["path"]
    output = _newsline("books", url=f"unix://me:{_SECRET}@{path}")
    assert "Traceback" not in output and _SECRET not in output
    assert _SECRET not in _newsline("books", url=f"nonsense://me:{_SECRET}@127.0.0.1:1")
    assert _SECRET not in repr(connect(f"redis://me:{_SECRET}@127.0.0.1:1/0")).replace(f"password={_SECRET}", "")


def test_children_get_the_url_by_their_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", f"redis://me:{_SECRET}@127.0.0.1:1/0")
    child = Child("sleeper", ["workers.worker"], named=True)
    child.start()
    assert child.process and child.process.stdin
    try:
        line = Path(f"/proc/{child.process.pid}/cmdline").read_bytes()
        assert _SECRET.encode() not in line
    finally:
        child.process.kill()
        child.process.wait()
        child.process.stdin.close()


def _console() -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, width=200, color_system=None), out


def test_a_page_cannot_write_to_the_terminal() -> None:
    console, out = _console()
    note = Aside(
        page_id="p1",
        source_id=EVIL,
        reason="crash",
        at=now_utc(),
        tries=[Try(at=now_utc(), worker="w", detail=f"{EVIL} [red]")],
    )
    print_quarantine(console, [note])
    print_books(console, [_books(EVIL)])
    assert not _CONTROL.search(out.getvalue())
    assert "[red]" in out.getvalue(), "a page's text is no markup"


def test_a_page_cannot_write_to_a_pipe_s_rejects() -> None:
    out = io.BytesIO()
    record = {"reason": "parse_error", "url": f"http://a.example/{EVIL}", "detail": EVIL}
    Stream(out, _readable).write([orjson.dumps(record)])
    text = out.getvalue().decode()
    assert not _CONTROL.search(text) and text.count("\n") == 1


def test_a_page_cannot_write_a_log_line(capfd: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        log_to_stderr(Settings())
        logging.getLogger("newsline.test").error("cannot read %s", EVIL)
        try:
            raise ValueError(EVIL)
        except ValueError:
            logging.getLogger("newsline.test").exception("extraction of %s failed", EVIL)
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    logged = capfd.readouterr().err
    assert not _CONTROL.search(logged)
    assert not [line for line in logged.splitlines() if line.startswith("2026-11-24 newsline")]


def _books(source_id: str) -> Books:
    return Books(**{**vars(total([])), "source_id": source_id})
