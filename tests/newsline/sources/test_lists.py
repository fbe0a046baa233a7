"""Imports of lists of sites: OPML, CSV, URLs."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsline.sources.lists import import_sources
from schemas.source_file import SourceFileError

_OPML = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0"><head><title>subscriptions</title></head><body>
  <outline text="News" title="News">
    <outline type="rss" text="The Ledger &amp; Sons" language="en-US"
             xmlUrl="https://feeds.example.net/ledger" htmlUrl="https://www.ledger.example/"/>
    <outline type="rss" text="Sports" xmlUrl="https://ledger.example/sports/feed" htmlUrl="http://ledger.example/s"/>
    <outline type="rss" text="No home" xmlurl="https://tagblatt.example/feed.xml"/>
  </outline>
  <outline type="rss" text="Broken" xmlUrl="feed:ledger"/>
  <outline text="an empty folder"/>
</body></opml>
"""


def _write(directory: Path, name: str, text: str) -> Path:
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return path


def test_opml(tmp_path: Path) -> None:
    imported = import_sources(_write(tmp_path, "reader.opml", _OPML))
    assert list(imported.sources) == ["ledger.example", "tagblatt.example"]
    ledger = imported.sources["ledger.example"]
    assert (ledger.name, ledger.home, ledger.language) == ("The Ledger & Sons", "https://www.ledger.example/", "en-US")
    assert ledger.feeds == ["https://feeds.example.net/ledger", "https://ledger.example/sports/feed"]
    assert imported.sources["tagblatt.example"].home == "https://tagblatt.example/"
    assert len(imported.problems) == 1
    assert "reader.opml, line 9: 'feed:ledger'" in imported.problems[0]


@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_tables(tmp_path: Path, between: str) -> None:
    rows = [
        ("URL", "Title", "RSS", "lang", "schedule", "circulation"),
        ("https://a.example/", "A Paper", "https://a.example/f https://a.example/g", "pt-BR", "every 15m", "1000"),
        ("https://b.example/", "", "", "", "", ""),
        ("", "C", "https://c.example/feeds/all.xml", "", "", ""),
        ("https://d.example/", "D", "", "", "every day", ""),
        ("d.example", "D", "", "", "", ""),
        ("", "", "", "", "", ""),
    ]
    imported = import_sources(_write(tmp_path, "sites.csv", "\n".join(between.join(row) for row in rows)))
    assert list(imported.sources) == ["a.example", "b.example", "c.example"]
    first = imported.sources["a.example"]
    assert (first.name, first.language, first.schedule) == ("A Paper", "pt-BR", "every 15m")
    assert first.feeds == ["https://a.example/f", "https://a.example/g"]
    assert imported.sources["c.example"].home == "https://c.example/"
    assert [problem.partition("sites.csv, ")[2][:17] for problem in imported.problems] == [
        "line 5: schedule:",
        "line 6: 'd.exampl",
    ]


def test_urls(tmp_path: Path) -> None:
    text = "# papers\nhttps://a.example/\n\nhttps://b.example/news\nhttps://a.example/sports\nledger\n"
    imported = import_sources(_write(tmp_path, "sites.txt", text))
    assert [source.home for source in imported.sources.values()] == ["https://a.example/", "https://b.example/news"]
    assert imported.sources["a.example"].sections == ["https://a.example/sports"]
    assert imported.problems[0].startswith(f"{tmp_path}/sites.txt, line 6: 'ledger'")


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("a.csv", "publisher,city\nA,B\n", "no column home or feeds; the columns are: publisher, city"),
        ("a.opml", "<html><body>not found</body></html>", "no OPML: its root is html"),
        ("a.txt", "# nothing\n", "names no sites"),
        ("a.opml", '<opml version="2.0"><body></body></opml>', "names no sites"),
    ],
)
def test_what_is_no_list(tmp_path: Path, name: str, text: str, why: str) -> None:
    with pytest.raises(SourceFileError, match=why):
        import_sources(_write(tmp_path, name, text))


def test_entities_of_a_hostile_file_are_not_resolved(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("https://secret.example/")
    text = (
        f'<!DOCTYPE opml [<!ENTITY x SYSTEM "file://{tmp_path}/secret">]><opml version="2.0"><body>'
        '<outline text="&x;" xmlUrl="https://a.example/f"/></body></opml>'
    )
    imported = import_sources(_write(tmp_path, "a.opml", text))
    assert "secret" not in str(imported)
