"""`newsline sources` as a user runs it, on the demo sites."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from schemas.source_file import read_file
from tests.crawling import ROOT
from tests.sites.catalog import load
from tests.sites.server import serve
from tests.sites.site import Site

_NAMES = ("ledger", "tagblatt", "correio", "minato", "sahifa")


@pytest.fixture(scope="module")
def sites() -> Iterator[dict[str, Site]]:
    """Serve the demo sites."""
    with ExitStack() as stack:
        demo_sites = {name: load(name) for name in _NAMES}
        for site in demo_sites.values():
            stack.enter_context(serve(site))
        yield demo_sites


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sources.toml"


def _sources(file: Path, *arguments: str, net: bool = False) -> tuple[int, str]:
    """Run `newsline sources`, and return exit status and output."""
    command = [sys.executable, "-m", "newsline", "sources", *arguments, "--sources", str(file)]
    command += ["--allow-net", "127.0.0.0/8"] if net else []
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    return done.returncode, done.stdout + done.stderr


def test_add_finds_and_writes(sites: dict[str, Site], file: Path) -> None:
    file.write_text("# ours\n")
    status, output = _sources(file, "add", *(site.url() for site in sites.values()), net=True)
    assert status == 0, output
    for name in ("The Dorchester Ledger", "Aulenbrücker Tagblatt", "Correio da Serra Azul", "汐見新報"):
        assert name in output
    assert "Harbor Ferry Returns After Two Years on the Dry Dock · 2025-10-14T07:45:00-04:00" in output
    written = dict(zip(sites, read_file(file), strict=True))
    assert [source.language for source in written.values()] == ["en-US", "de", "pt-BR", "ja", "ar"]
    assert written["ledger"].feeds == [sites["ledger"].url("/feed/")]
    assert written["ledger"].name == "The Dorchester Ledger"
    assert written["tagblatt"].feeds == [sites["tagblatt"].url("/feed.atom")]
    assert written["tagblatt"].sitemaps == [sites["tagblatt"].url("/sitemap_index.xml")]
    assert (written["correio"].feeds, written["correio"].sitemaps) == ([], [])
    assert "no feed and no sitemap lists articles" in output
    assert file.read_text().startswith("# ours\n")
    before = file.read_text()
    status, output = _sources(file, "add", sites["ledger"].url(), net=True)
    assert status == 1
    assert f"has {sites['ledger'].url()} already, as {written['ledger'].id}" in output
    assert file.read_text() == before


def test_add_writes_nothing_that_gives_no_article(sites: dict[str, Site], file: Path) -> None:
    status, output = _sources(file, "add", sites["ledger"].url("/nowhere/"), net=True)
    assert (status, file.exists()) == (1, False)
    assert "the home page answered 404" in output
    status, output = _sources(file, "add", sites["ledger"].url())
    assert (status, file.exists()) == (1, False)
    assert "is not a public address; --allow-net would allow it" in output
    status, output = _sources(file, "add", "ledger.example")
    assert status == 1
    assert "did you mean https://ledger.example?" in output


def test_check_says_what_is_missing(sites: dict[str, Site], file: Path) -> None:
    ledger = sites["ledger"]
    file.write_text(
        f'[[source]]\nid = "ledger"\nhome = "{ledger.url()}"\nlanguage = "de"\nfeeds = ["{ledger.url("/old-feed/")}"]\n'
        f'[[source]]\nid = "none"\nhome = "{ledger.url()}"\nexclude = ["*"]\n'
        f'[[source]]\nid = "paused"\nhome = "http://127.0.1.99:9/"\nenabled = false\n'
    )
    status, output = _sources(file, "check", net=True)
    assert status == 1
    assert f"the feed {ledger.url('/old-feed/')} answered 404: take it out, or name another" in output
    assert "language is de, and its articles are in en" in output
    assert "1 of 2 give no article: none" in output
    assert "are left out by include and exclude" in output
    assert "paused" not in output
    assert _sources(file, "check", "ledger", net=True)[0] == 0
    status, output = _sources(file, "check", "legder")
    assert status == 1
    assert "there is no source 'legder'; did you mean ledger?" in output


def test_check_of_a_site_whose_articles_are_none(file: Path) -> None:
    site = Site("bare")
    site.publish("/", '<a href="/2025/10/01/a-story-of-some-length/">A story of some length</a>')
    site.publish("/2025/10/01/a-story-of-some-length/", "", status=410)
    with serve(site):
        file.write_text(f'[[source]]\nid = "bare"\nhome = "{site.url()}"\n')
        status, output = _sources(file, "check", net=True)
    assert status == 1
    assert "gives no article: http_error: status 410" in output


def test_import_list_pause_resume(file: Path, tmp_path: Path) -> None:
    opml = tmp_path / "reader.opml"
    opml.write_text(
        '<opml version="2.0"><body><outline text="A" xmlUrl="https://a.example/f" htmlUrl="https://a.example/"/>'
        '<outline text="B" xmlUrl="https://b.example/f" htmlUrl="b.example"/></body></opml>'
    )
    status, output = _sources(file, "import", str(opml))
    assert status == 1
    assert "1 added, 0 were there before" in output
    assert "reader.opml, line 1: 'b.example'" in output
    table = tmp_path / "sites.csv"
    table.write_text("home,name,schedule\nhttps://a.example/,A,\nhttps://c.example/,C,every 15m\n")
    assert _sources(file, "import", str(table)) == (0, f"{file}: 1 added, 1 were there before\n")
    assert _sources(file, "pause", "a.example") == (0, "a.example: paused\n")
    assert _sources(file, "pause", "a.example") == (0, "a.example: was already paused\n")
    status, output = _sources(file, "list")
    assert status == 0
    rows = [line for line in output.splitlines() if ".example" in line]
    assert ["paused" in row for row in rows] == [True, False]
    assert "every 15m" in rows[1]
    assert _sources(file, "resume", "a.example", "c.example") == (
        0,
        "a.example: resumed\nc.example: was already resumed\n",
    )
    assert [source.enabled for source in read_file(file)] == [True, True]


def test_a_wrong_file_is_not_touched(file: Path) -> None:
    wrong = '[[source]]\nid = "a"\nhome = "https://a.example/"\nschedule = "hourly"\n'
    file.write_text(wrong)
    for arguments in (["list"], ["check"], ["pause", "a"], ["add", "https://b.example/"]):
        status, output = _sources(file, *arguments)
        assert status == 1
        assert f"{file}, line 4 (a): schedule: 'hourly' is no schedule" in output
        assert "every 15m | cron" in output
    assert file.read_text() == wrong
    assert os.listdir(file.parent) == ["sources.toml"]
