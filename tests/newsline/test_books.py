"""`newsline books` and `newsline quarantine` as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from redis import Redis

from newsline.commands import main
from schemas.store.books import DISCOVERED, read_books
from schemas.store.keys import QUARANTINE, books_key
from tests.workers.pages import SOURCE, page, pend
from workers.pages.quarantine import blame, put_aside


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.fixture
def aside(valkey: Redis) -> str:
    """Put a page into quarantine beside a pending page, and return the quarantined page's id."""
    pend(valkey, page("p0"))
    pend(valkey, page("p1"))
    assert put_aside(valkey, "p1", "crash", blame(valkey, "p1", "w1", "it \x1b[2J died"))
    return "p1"


def test_books_that_close(aside: str) -> None:
    done = _run("books")
    assert done.exit_code == 0
    assert SOURCE in done.output and "all" in done.output
    lines = [json.loads(line) for line in _run("books", "--json").output.splitlines()]
    assert [line["source_id"] for line in lines] == [SOURCE, "*"]
    for line in lines:
        assert (line["discovered"], line["pending"], line["quarantined"], line["in_flight"], line["gap"]) == (
            2,
            1,
            1,
            1,
            0,
        )


def test_books_that_do_not_close(valkey: Redis, aside: str) -> None:
    valkey.hincrby(books_key(SOURCE), DISCOVERED, 2)
    done = _run("books")
    assert done.exit_code == 1
    assert f"{SOURCE}: the books do not close by +2" in done.stderr
    assert json.loads(_run("books", "--json").stdout.splitlines()[0])["gap"] == 2


def test_books_of_one_source(aside: str) -> None:
    assert _run("books", "--source", SOURCE).exit_code == 0
    done = _run("books", "--source", "nobody")
    assert done.exit_code == 2
    assert "no source 'nobody'" in done.stderr and SOURCE in done.stderr


def test_books_of_nothing(valkey: Redis) -> None:
    assert _run("books").exit_code == 0


def test_quarantine_is_listed_and_shown(aside: str) -> None:
    listed = _run("quarantine", "list")
    assert listed.exit_code == 0 and "p1" in listed.output and "crash" in listed.output and "\x1b" not in listed.output
    shown = _run("quarantine", "show", aside)
    assert shown.exit_code == 0 and "\x1b" not in shown.output
    note = json.loads(shown.output)
    assert (note["reason"], note["tries"][0]["worker"], note["page"]["url"]) == ("crash", "w1", page("p1").url)
    assert _run("quarantine", "show", "--body", aside).stdout_bytes == page("p1").body


@pytest.mark.parametrize("command", ["show", "replay", "drop"])
def test_a_page_that_is_not_there(valkey: Redis, command: str) -> None:
    done = _run("quarantine", command, "nowhere")
    assert done.exit_code == 1 and "nowhere is not in quarantine" in done.stderr


def test_replay(valkey: Redis, aside: str) -> None:
    assert "1 pages are waiting" in _run("quarantine", "replay").output
    books = read_books(valkey, SOURCE)
    assert (books.pending, books.quarantined, books.gap) == (2, 0, 0)
    assert not valkey.exists(QUARANTINE)


def test_drop(valkey: Redis, aside: str) -> None:
    assert _run("quarantine", "drop", aside).exit_code == 0
    books = read_books(valkey, SOURCE)
    assert (books.rejected, books.quarantined, books.gap) == ({"parse_error": 1}, 0, 0)


def test_the_embedded_valkey_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    (tmp_path / "valkey").mkdir()
    assert _run("books", "--data", str(tmp_path)).exit_code == 0
    assert (tmp_path / "valkey" / "log").is_file()


@pytest.mark.parametrize("command", [("books",), ("status",), ("quarantine", "list")])
def test_a_directory_that_no_newsline_has_run_in(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    done = _run(*command, "--data", str(tmp_path / "data"))
    assert done.exit_code == 1 and "no newsline has run in" in done.stderr
    assert not (tmp_path / "data").exists()
