"""The changes between revisions: words of any language, the feed's segments, and messages about missing revisions."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from newsline.commands import main
from newsline.show.diff import print_diff
from schemas.compression import ZstdFile
from schemas.store.identity import article_id, content_hash
from tests.workers.articles import article
from workers.feed.revisions import compare

ID = article_id("http://a.example/1")
FIRST = (
    "The council met on Friday.\n\nEleven people came.\n\nThe bridge will open in May, the mayor said.\n\nIt rained."
)
LATER = FIRST.replace("Eleven", "Twelve").replace("The bridge", "The old bridge").replace("May", "June")


def record(revision: int, text: str, **changed: Any) -> dict[str, Any]:
    """Return the record of a feed's line."""
    draft = article("http://a.example/1", text).model_copy(update=changed)
    fields = draft.model_dump() | {"content_hash": content_hash(draft.title, text)}
    return fields | {"schema_version": "1.0", "event": "new" if revision == 1 else "update", "revision": revision}


def feed(directory: Path, *records: dict[str, Any]) -> Path:
    """Write a feed with each record in a segment of its own, beside another article. Compress the first segment."""
    for number, entry in enumerate(records, 1):
        neighbour = record(1, f"Another article, which names {ID}.", id="0" * 32)
        data = b"".join(orjson.dumps(line | {"seq": number}) + b"\n" for line in (neighbour, entry))
        path = directory / f"articles-{number:06d}.jsonl"
        if number == 1:
            with path.with_name(path.name + ".zst").open("wb") as raw, ZstdFile(raw, "wb") as packed:
                packed.write(data)
        else:
            path.write_bytes(data)
    return directory


def diff(*args: object) -> Result:
    return CliRunner().invoke(main, ["diff", *map(str, args)])


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ("Eleven people came.", "Twelve people came.", ["Eleven>Twelve", " people came."]),
        ("It cost 1 dollar", "It cost 2 euros", ["It cost ", "1 dollar>2 euros"]),
        ("Same.", "Same.", ["Same."]),
        ("", "New.", [">New."]),
        ("Old.", "", ["Old.>"]),
        ("北京今天下雨。", "北京明天下雨。", ["北京", "今>明", "天下雨。"]),
        ("東京は雨だった。", "大阪は雨だった。", ["東京>大阪", "は雨だった。"]),
        ("น้ำมันแพงขึ้น", "น้ำมันแพงนัก", ["น้ำมันแพง", "ขึ้น>นัก"]),
        ("हिन्दी समाचार पढ़ें", "हिन्दी ख़बर पढ़ें", ["हिन्दी ", "समाचार>ख़बर", " पढ़ें"]),
        ("One.\n\nTwo.\n\nThree.", "One.\n\nThree.", ["One.\n\n", "Two.\n\n>", "Three."]),
    ],
)
def test_words(before: str, after: str, changes: list[str]) -> None:
    result = compare(before, after)
    assert [change.before if change.same else f"{change.before}>{change.after}" for change in result] == changes
    assert "".join(change.before for change in result) == before
    assert "".join(change.after for change in result) == after


def test_the_last_two_revisions(tmp_path: Path) -> None:
    feed(tmp_path, record(1, "Nothing yet."), record(2, FIRST), record(3, LATER, title="A bridge"))
    shown = diff(ID, "--feed", tmp_path)
    assert shown.exit_code == 0
    assert shown.output.splitlines()[0] == "http://a.example/1"
    assert "revision 2: update, fetched " in shown.output and "revision 3: update, fetched " in shown.output
    assert "title: A [-headline-]{+bridge+}" in shown.output
    assert shown.output.partition("title:")[2].partition("\n\n")[2] == (
        "[1 paragraph as before]\n\n[-Eleven-]{+Twelve+} people came.\n\n"
        "The{+ old+} bridge will open in [-May-]{+June+}, the mayor said.\n\n[1 paragraph as before]\n"
    )


def test_two_named_revisions(tmp_path: Path) -> None:
    feed(tmp_path, record(1, "One."), record(2, "Two."), record(3, "Three."))
    assert "[-One-]{+Three+}." in diff(ID, 1, 3, "--feed", tmp_path).output
    assert "[-Three-]{+One+}." in diff(ID, 3, 1, "--feed", tmp_path).output
    assert "Nothing changed in title" in diff(ID, 2, 2, "--feed", tmp_path).output


def test_a_withdrawal(tmp_path: Path) -> None:
    feed(tmp_path, record(1, "One."), record(2, "") | {"event": "withdrawn"})
    shown = diff(ID, "--feed", tmp_path)
    assert "revision 2: withdrawn" in shown.output and "[-One.-]" in shown.output


@pytest.mark.parametrize(
    ("args", "status", "message"),
    [
        (["f" * 32], 1, f"no article {'f' * 32} in the feed"),
        (["http://a.example/1"], 1, "'http://a.example/1' is no id: copy the \"id\" of an article line, 32 digits"),
        ([ID, "2", "7"], 1, f"article {ID} has no revision 7 in the feed, only 1, 2"),
        ([ID, "2"], 2, "give two revisions, A and B, or none for the last two"),
        ([ID, "1", "2", "3"], 2, "give two revisions"),
        ([ID, "one", "2"], 2, "'one' is not a valid integer"),
        ([ID, "0", "2"], 2, "0 is not in the range x>=1"),
        ([], 2, "Missing argument 'ID'"),
    ],
)
def test_what_cannot_be_shown(tmp_path: Path, args: list[str], status: int, message: str) -> None:
    feed(tmp_path, record(1, "One."), record(2, "Two."))
    shown = diff(*args, "--feed", tmp_path)
    assert (shown.exit_code, message in shown.output) == (status, True), shown.output
    assert "Traceback" not in shown.output


def test_only_one_revision_or_no_feed_at_all(tmp_path: Path) -> None:
    assert "there is no feed in" in diff(ID, "--feed", tmp_path).output
    assert "there is no feed in" in diff(ID, "--feed", tmp_path / "nowhere").output
    feed(tmp_path, record(1, "One."))
    shown = diff(ID, "--feed", tmp_path)
    assert shown.exit_code == 1
    assert "has one revision in the feed, 1: nothing to compare" in shown.output


def test_a_feed_that_is_being_written_or_broken(tmp_path: Path) -> None:
    feed(tmp_path, record(1, "One."), record(2, "Two."))
    with (tmp_path / "articles-000002.jsonl").open("ab") as file:
        file.write(orjson.dumps(record(3, "Three."))[:-20])
    assert "[-One-]{+Two+}." in diff(ID, "--feed", tmp_path).output
    packed = tmp_path / "articles-000001.jsonl.zst"
    packed.write_bytes(packed.read_bytes()[:-8] + b"nonsense")
    broken = diff(ID, "--feed", tmp_path)
    assert broken.exit_code == 1
    assert "articles-000001.jsonl.zst cannot be decompressed" in broken.output


def test_colour_on_a_terminal() -> None:
    out = io.StringIO()
    print_diff(
        Console(file=out, force_terminal=True, width=100, color_system="standard"), record(1, FIRST), record(2, LATER)
    )
    output = out.getvalue()
    assert "\x1b[9;31mEleven\x1b[0m" in output
    assert "\x1b[4;32mTwelve\x1b[0m" in output
    assert "[-" not in output


def test_no_colour_where_none_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    out = io.StringIO()
    print_diff(Console(file=out, force_terminal=True, width=100), record(1, FIRST), record(2, LATER))
    assert "[-Eleven-]" in out.getvalue()


def test_a_long_text_takes_no_minutes() -> None:
    """Compare a live blog of 60,000 words with a version with new paragraphs at the top and a change in all others."""
    before = [f"Entry {n}: " + " ".join(f"w{n * k % 977}" for k in range(60)) for n in range(1000)]
    after = [f"New {n}" for n in range(50)] + [paragraph.replace("Entry", "Item") for paragraph in before]
    began = time.process_time()
    changes = compare("\n\n".join(before), "\n\n".join(after))
    assert time.process_time() - began < 60
    assert "".join(change.after for change in changes) == "\n\n".join(after)
