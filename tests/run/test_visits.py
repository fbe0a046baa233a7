"""Edits and withdrawals under `newsline run`: what is due wakes its source, whose own schedule is an hour away."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.run.line import running, until
from tests.run.press import Press
from tests.sites.server import serve

#: Ages that end long after the test does.
_AGES = [f"{seconds}s" for seconds in range(3, 300, 3)]


@pytest.mark.timeout(300)
def test_an_edit_and_a_withdrawal_are_seen_without_a_crawl(tmp_path: Path) -> None:
    press = Press("ledger")
    with serve(press.site) as served:
        for number in range(3):
            press.publish(number, f"Story {number} is told")
        homes = {"ledger": press.site.url()}
        with running(tmp_path, homes, {}, schedule="every 24h", revisit=_AGES) as line:
            until(lambda: len(line.articles()) == 3, 90)
            listings = len(served.requests(press.site, path="/feed.xml"))
            press.publish(0, "Story 0 is told anew")
            press.withdraw(1)
            until(lambda: len(line.articles()) == 5, 120)
            told = {each["url"]: (each["event"], each["revision"], each["title"]) for each in line.articles()[3:]}
            assert told == {
                press.site.url("/2026/11/story-0"): ("update", 2, "Story 0 is told anew"),
                press.site.url("/2026/11/story-1"): ("withdrawn", 2, "Story 1 is told"),
            }
            assert len(served.requests(press.site, path="/feed.xml")) == listings, "no listing is read for visits"
            assert line.stop(signal.SIGTERM) == 0
