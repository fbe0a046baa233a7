"""A minute of `newsline run` on sites that publish, edit and withdraw while it runs.

Its processes are killed, and it is stopped.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.run.line import Line, feed, left_behind, left_running, running, until
from tests.run.press import Press, lives
from tests.sites.server import serve
from workers.feed.reader import check

#: Articles are fetched again every few seconds, for as long as the test may take.
_REVISIT = [f"{age}s" for age in range(4, 400, 4)]

#: What was under way is taken up again soon after a run was cut short.
_SOON = {"NEWSLINE_LEASE": "3", "NEWSLINE_WORKER_GONE": "12"}


def _lives(room: Path) -> dict[str, list[str | None]]:
    """What the feed says of each article, as a Press tells it."""
    return lives((line["url"], None if line["event"] == "withdrawn" else line["title"]) for line in feed(room))


def _kill(line: Line, role: str) -> None:
    """Kill a process with -9, and wait until another does its work."""
    before = line.pids(role)
    os.kill(min(before), signal.SIGKILL)
    until(lambda: bool(line.pids(role) - before))


@pytest.mark.timeout(400)
def test_a_minute_of_publishing_editing_withdrawing_and_killing(tmp_path: Path) -> None:
    north, south = Press("north"), Press("south")
    with serve(north.site, south.site):
        homes = {"north": north.site.url(), "south": south.site.url()}
        for number in range(3):
            north.publish(number, f"North story {number} is told")
            south.publish(number, f"South story {number} is told")

        def all_told() -> bool:
            return len(line.articles()) >= len(north.history) + len(south.history)

        with running(tmp_path, homes, {}, schedule="every 3s", revisit=_REVISIT) as line:
            until(all_told)
            status, metrics = line.status(), line.metrics()
            assert {(each["id"], each["articles"], each["health"]) for each in status["sources"]} == {
                ("north", 3, "ok"),
                ("south", 3, "ok"),
            }
            roles = [each["role"] for each in status["processes"]]
            assert sorted(roles) == [
                *("crawl worker", "crawl worker", "feed writer", "metrics", "page worker", "run", "scheduler")
            ]
            assert metrics["newsline_articles_total", ("new", "north")] == 3
            assert metrics["newsline_processes", ("crawl worker",)] == 2
            assert metrics["newsline_fetches_total", ("200",)] >= 6

            north.publish(3, "North story 3 is told")
            north.publish(0, "North story 0 is told anew")
            _kill(line, "page worker")
            south.withdraw(1)
            south.publish(3, "South story 3 is told")
            _kill(line, "feed writer")
            north.withdraw(2)
            north.publish(4, "North story 4 is told")
            _kill(line, "crawl worker")
            south.publish(0, "South story 0 is told anew")
            south.publish(4, "South story 4 is told")
            until(all_told, 150)  # a crawl whose worker was killed gives its source free within 90 s

            north.publish(0, "North story 0 is told once more")
            north.publish(2, "North story 2 is told after all")
            until(all_told, 60)
            told = {each["id"]: each for each in line.status()["sources"]}
            assert (told["north"]["articles"], told["north"]["books"]["updated"]) == (5, 4)
            assert (told["south"]["books"]["updated"], told["south"]["books"]["withdrawn"]) == (2, 1)
            assert all(each["visits"] >= 4 and each["books"]["gap"] == 0 for each in told.values())
            metrics = line.metrics()
            for source, *counts in (("north", 5, 3, 1), ("south", 5, 1, 1)):
                for event, count in zip(("new", "update", "withdrawn"), counts, strict=True):
                    assert metrics["newsline_articles_total", (event, source)] == count
            assert line.stop(signal.SIGTERM) == 0
        assert _lives(tmp_path) == north.told() | south.told()
    assert list(check(tmp_path / "out", lambda count: None)) == []
    until(lambda: not left_running(tmp_path), 10)
    assert left_behind(tmp_path) == []
    said = line.log()
    assert said[-1]["message"] == "stopped; nothing is lost"
    assert not [each for each in said if each["logger"].startswith("scrapy")], "nothing to say of ordinary crawls"


@pytest.mark.timeout(200)
def test_asked_twice_it_hurries_and_loses_nothing(tmp_path: Path) -> None:
    slow = Press("slow")
    with serve(slow.site):
        for number in range(6):
            slow.publish(number, f"Slow story {number} is told", delay=15.0 if number else 0.0)
        homes = {"slow": slow.site.url()}
        with running(tmp_path, homes, _SOON, schedule="every 3s") as line:
            until(lambda: bool(line.articles()))
            began = time.monotonic()
            assert line.stop(signal.SIGINT, signal.SIGINT) == 0
            assert time.monotonic() - began < 10, "an answer takes 15 s"
        until(lambda: not left_running(tmp_path), 10)
        assert left_behind(tmp_path) == []
        for number in range(6):
            slow.publish(number, f"Slow story {number} is told")
        slow.history = slow.history[:6]
        with running(tmp_path, homes, _SOON, schedule="every 3s") as line:
            until(lambda: len(line.articles()) == 6)
            assert line.stop(signal.SIGTERM) == 0
        assert _lives(tmp_path) == slow.told()
    until(lambda: not left_running(tmp_path), 10)
    assert left_behind(tmp_path) == []


def test_what_cannot_run_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text('[[source]]\nid = "a"\n')
    with running(tmp_path, {}, {}) as line:
        assert line.process.wait(60) == 2
    assert "Error" in (tmp_path / "log").read_text()


@pytest.mark.timeout(200)
def test_killed_itself_its_parts_end_and_it_goes_on(tmp_path: Path) -> None:
    press = Press("press")
    with serve(press.site):
        press.publish(1, "Story 1 is told")
        press.publish(2, "Story 2 is told", delay=20.0)  # so that a crawl is under way
        homes = {"press": press.site.url()}
        with running(tmp_path, homes, {}, schedule="every 3s") as line:
            until(lambda: bool(line.articles()))
            line.process.kill()
            line.process.wait()
        until(lambda: not left_running(tmp_path), 90)
        press.publish(2, "Story 2 is told")
        press.history.pop()
        with running(tmp_path, homes, {}, schedule="every 3s") as line:
            until(lambda: len(line.articles()) == 2, 90)
            assert line.stop(signal.SIGTERM) == 0
        assert _lives(tmp_path) == press.told()
    until(lambda: not left_running(tmp_path), 10)
    assert left_behind(tmp_path) == []
