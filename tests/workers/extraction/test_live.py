"""Live blogs: a single article, each entry an `update` with a time."""

from __future__ import annotations

from itertools import pairwise

import pytest

from newsline.extract.manifest import page_from_bytes
from schemas.article import ArticleDraft
from schemas.process.settings import Settings
from workers.pages.normalize import normalise

_ENTRIES = [
    (
        "2026-11-20T18:05:00+01:00",
        ["The polls have closed in all nine districts.", "Counting begins at once."],
    ),
    ("2026-11-20T18:40:00+01:00", ["First figures from the harbour show the mayor four points ahead of her rival."]),
    ("2026-11-20T19:15:00+01:00", ["The rival, a former ferry captain, says that it is far too early to concede."]),
    ("2026-11-20T20:02:00+01:00", ["All votes are counted, and the mayor stays in office by three hundred votes."]),
]


def _page(box: str, stamp: str) -> bytes:
    entries = ""
    for at, texts in _ENTRIES:
        paragraphs = "".join(f"<p>{text} People gathered on the quay.</p>" for text in texts)
        entries += f"<{box}>{stamp.format(at=at)}{paragraphs}</{box.split()[0]}>"
    return (
        "<html lang='en'><head><title>Election night in Almera</title><script type='application/ld+json'>"
        '{"@type":"LiveBlogPosting","headline":"Election night in Almera"}</script></head><body><main><article>'
        "<h1>Election night in Almera</h1><p>Almera votes for a mayor today. We report through the night from the "
        "harbour, the town hall and the villages behind the hills.</p>"
        f"<div class='feed'>{entries}</div></article></main>"
    ).encode()


@pytest.mark.parametrize(
    ("box", "stamp"),
    [
        ("section class='entry'", "<time datetime='{at}'>later</time>"),
        ("li", "<div class='when'><time datetime='{at}'>18:00</time></div>"),
        ("article", "<header><h3>News</h3><a href='#x'><time datetime='{at}'>now</time></a></header>"),
    ],
)
def test_entries(box: str, stamp: str) -> None:
    record = normalise(page_from_bytes(_page(box, stamp), "https://a.example/live/election"), Settings())
    assert isinstance(record, ArticleDraft)
    assert record.kind == "live"
    updates = [block for block in record.blocks if block.kind == "update"]
    assert [block.at.raw for block in updates if block.at] == [at for at, _ in _ENTRIES]
    for block, (_, texts) in zip(updates, _ENTRIES, strict=True):
        inside = record.text[block.start : block.end]
        assert all(text in inside for text in texts)
    assert record.text[record.blocks[0].start : record.blocks[0].end].startswith("Almera votes")
    ends = [(block.start, block.end) for block in record.blocks]
    assert ends == sorted(ends)
    assert all(block[1] <= following[0] for block, following in pairwise(ends))


def test_an_article_with_times_is_no_live_blog() -> None:
    html = _page("li", "<time datetime='{at}'>18:00</time>").replace(b"LiveBlogPosting", b"NewsArticle")
    record = normalise(page_from_bytes(html, "https://a.example/news/election"), Settings())
    assert isinstance(record, ArticleDraft)
    assert not [block for block in record.blocks if block.kind == "update"]
