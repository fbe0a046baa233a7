"""The demo as a newcomer meets it: it runs to its end, shows each site, can be run again, and stops at Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.sites import demo
from tests.sites.catalog import NAMES, expected

START = "import sys; from pathlib import Path; from tests.sites import demo; sys.exit(demo.main(Path(sys.argv[1])))"


def test_the_demo_shows_an_article_of_each_site_and_can_be_run_again(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out"
    output.mkdir()
    (output / "articles-000009.jsonl").write_text("of an earlier run")
    assert demo.main(output) == 0
    shown = capfd.readouterr().out
    seen = list(demo.articles(output))
    for name in NAMES:
        titles = [article.title for article in expected(name).articles]
        assert any(line["title"].startswith(tuple(titles)) for line in seen), name
    assert len({line["source"]["id"] for line in seen}) == len(NAMES)
    assert "articles-000001.jsonl" in shown
    assert "What to try next" in shown


def test_ctrl_c_ends_the_demo_without_a_traceback(tmp_path: Path) -> None:
    output = tmp_path / "out"
    command = [sys.executable, "-c", START, str(output)]
    with subprocess.Popen(
        command, cwd=demo.ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as process:
        while not output.exists() and process.poll() is None:  # from then on the crawl is at work
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGINT)
        told = process.communicate(timeout=60)[0]
    assert process.returncode == demo.INTERRUPTED, told
    assert "Traceback" not in told, told
