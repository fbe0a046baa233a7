"""Files of sources: messages for wrong files, and edits that leave the rest of a file unchanged."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from newsline.sources.edit import add_sources, set_enabled
from schemas.source import Source, source_for
from schemas.source_file import SourceFileError, read_file, read_sources

_WRONG = '''# my sources
[[source]]
id = "ledger"
home = "https://ledger.example/"
schedule = "every 15"
max_pages = "many"
sitemap = ["x"]

[[source]]
id = "Two"
feeds = "https://x"
name = """
[[source]]
id = "inside a text"
"""

[[source]]
id = "ledger"
home = "ledger.example"
revisit = ["1x"]
language = "english language"
'''

_BY_HAND = """# what we read

[[source]]
id = "ledger"   # the first of all
home = "https://ledger.example/"
max_pages=5

# not yet:
# [[source]]
# id = "later"

[[source]]
home = "https://tagblatt.example/"
id = "tagblatt"
enabled = false   # until they answer
# the end
"""


def test_all_that_is_wrong_with_file_line_field_and_what_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "sources.toml"
    path.write_text(_WRONG)
    with pytest.raises(SourceFileError) as error:
        read_file(path)
    messages = str(error.value).replace(str(path), "F").splitlines()
    starts = [
        "F, line 5 (ledger): schedule: 'every 15' is no schedule: not a duration: '15'",
        "F, line 6 (ledger): max_pages: 'many' is not allowed (allowed: pages in one crawl: a whole number from 1)",
        "F, line 7 (ledger): there is no field sitemap; did you mean sitemaps?",
        "F, line 9 (Two): home is missing: an http or https URL without user and password",
        "F, line 10 (Two): id: 'Two' is not allowed (allowed: small letters, digits and . _ -, 260 at most)",
        "F, line 11 (Two): feeds: 'https://x' is not allowed (allowed: a list of URLs",
        "F, line 19 (ledger): home: 'ledger.example' is not allowed "
        "(allowed: an http or https URL without user and password)",
        "F, line 20 (ledger): revisit: not a duration: '1x'",
        "F, line 21 (ledger): language: 'english language' is not allowed (allowed: a language tag",
    ]
    assert len(messages) == len(starts)
    for message, start in zip(messages, starts, strict=True):
        assert message.startswith(start)


def test_an_id_twice_and_a_broken_file(tmp_path: Path) -> None:
    path = tmp_path / "sources.toml"
    path.write_text('[[source]]\nid="a"\nhome="https://a.example/"\n\n[[source]]\nid="a"\nhome="https://b.example/"\n')
    with pytest.raises(SourceFileError, match="line 5: the id 'a' stands twice"):
        read_file(path)
    path.write_text("[[source]]\nid = \n")
    with pytest.raises(SourceFileError, match="line 2"):
        read_file(path)
    with pytest.raises(SourceFileError, match="make the file with: newsline sources add URL"):
        read_file(tmp_path / "none.toml")


def test_json_names_the_entry(tmp_path: Path) -> None:
    path = tmp_path / "sources.json"
    path.write_text('[{"id": "a", "home": "https://a.example/"}, {"id": "b", "home": "b"}]')
    with pytest.raises(SourceFileError, match=r"source 2 \(b\): home: 'b' is not allowed"):
        read_file(path)


def test_edits_keep_everything_else(tmp_path: Path) -> None:
    path = tmp_path / "sources.toml"
    path.write_text(_BY_HAND)
    path.chmod(0o640)
    add_sources(path, [Source(id="new", name="New", home="https://new.example/", feeds=["https://new.example/f"])])
    assert path.read_text() == _BY_HAND + (
        '\n[[source]]\nid = "new"\nname = "New"\nhome = "https://new.example/"\nfeeds = ["https://new.example/f"]\n'
    )
    added = path.read_text()
    assert set_enabled(path, "ledger", False)
    paused = added.replace("first of all\n", "first of all\nenabled = false\n")
    assert path.read_text() == paused
    assert not set_enabled(path, "ledger", False)
    assert set_enabled(path, "ledger", True)
    assert path.read_text() == added
    assert set_enabled(path, "tagblatt", True)
    assert path.read_text() == added.replace("enabled = false ", "enabled = true ")
    assert [source.id for source in read_sources(path)] == ["ledger", "tagblatt", "new"]
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["sources.toml"]


def test_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "sources.toml"
    sources = [source_for("https://a.example"), source_for("https://b.example/news")]
    add_sources(path, sources)
    assert read_file(path) == sources


def test_a_link_stays_a_link_and_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    real, link = tmp_path / "real.toml", tmp_path / "link.toml"
    real.write_text(_BY_HAND)
    link.symlink_to(real)
    set_enabled(link, "ledger", False)
    assert link.is_symlink()
    assert not next(source for source in read_file(real) if source.id == "ledger").enabled
    with pytest.raises(SourceFileError, match="cannot write"):
        add_sources(tmp_path / "nowhere" / "sources.toml", [])
    with pytest.raises(SourceFileError, match="there is no source 'legder'"):
        set_enabled(real, "legder", False)
    (tmp_path / "sources.json").write_text('[{"id": "a", "home": "https://a.example/"}]')
    with pytest.raises(SourceFileError, match="TOML"):
        set_enabled(tmp_path / "sources.json", "a", False)


@pytest.mark.parametrize(
    "url",
    [
        "http://user:pw@site.example/",
        "http://user@site.example/",
        "http://[::1/",
        "http://site.example:99999/",
        "http://site.example:0/",
        "http://site.example:x/",
        "http://site.example/\x1b[2J",
        "http://site.example/\x00",
        "http://site.example/\x85/",
        "http:///path",
        "http://:80/",
    ],
)
def test_a_url_which_cannot_be_fetched_or_shown_is_no_home(url: str) -> None:
    for field in ("home", "feeds", "sitemaps", "sections"):
        with pytest.raises(ValueError, match=field):
            Source.model_validate(
                {"id": "a", "name": "A", "home": "https://a.example/", field: url if field == "home" else [url]}
            )
    with pytest.raises(ValueError, match="is not a URL to crawl"):
        source_for(url)


def test_a_long_id_is_refused_and_that_of_a_long_host_is_taken() -> None:
    with pytest.raises(ValueError, match="at most 260"):
        Source(id="a" * 300, name="A", home="https://a.example/")
    host = ".".join(["a" * 62] * 4)[:253]
    assert len(source_for(f"https://{host}:65535/").id) == len(host) + 6


def test_another_scheme_is_not_put_behind_https() -> None:
    with pytest.raises(ValueError, match=r"not http or https$"):
        source_for("htp://example.com")
    with pytest.raises(ValueError, match=r"did you mean https://example\.com"):
        source_for("example.com")
