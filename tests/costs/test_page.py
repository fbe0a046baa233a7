"""One page from bytes to record: parsed once, copied once, asked once for its language."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lxml import etree, html
from py3langid.langid import LanguageIdentifier

import workers.warm  # noqa: F401
from newsline.extract.manifest import page_from_bytes
from schemas.article import ArticleDraft
from schemas.process.settings import Settings
from tests.costs.counting import count
from tests.workers.extraction.test_body import PARAGRAPHS
from workers.extraction.body.trafilatura_frames import frames
from workers.pages.normalize import normalise

_FIXTURES = Path(__file__).parents[1] / "fixtures" / "body"
#: Under this size of its text a page is tried in other ways as well.
_SHORT = 400
_HEAD = """<title>The fish market of Lindholm closes</title><script type="application/ld+json">{"@context":
"https://schema.org", "@type": "NewsArticle", "datePublished": "2026-11-01T08:00:00Z"}</script>"""


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], tuple[ArticleDraft, Counter[str]]]:
    """The article of a page, and what was done for it how often."""
    counts: Counter[str] = Counter()
    count(monkeypatch, counts, "parse", etree.fromstring, etree.parse, etree.HTML, etree.XML)
    count(monkeypatch, counts, "copy", copy.deepcopy, copy.copy, where=_is_page)
    classify = LanguageIdentifier.classify

    def classified(*args: Any) -> Any:
        counts["language"] += 1
        return classify(*args)

    monkeypatch.setattr(LanguageIdentifier, "classify", classified)

    def extract(body: bytes) -> tuple[ArticleDraft, Counter[str]]:
        counts.clear()
        record = normalise(page_from_bytes(body, "https://news.example/a-story"), Settings())
        assert isinstance(record, ArticleDraft)
        return record, Counter(counts)

    return extract


def _is_page(found: Any, *_: Any, **__: Any) -> bool:
    """Whether a whole page is copied, not a part of it or something else."""
    return getattr(found, "tag", None) in ("html", "body")


def test_an_ordinary_page(counted: Callable[[bytes], tuple[ArticleDraft, Counter[str]]]) -> None:
    paragraphs = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
    article = f"<article><h1>The fish market of Lindholm closes</h1>{paragraphs}</article>"
    record, counts = counted(f"<html lang=en><head>{_HEAD}</head><body>{article}</body></html>".encode())
    assert record.text == "\n\n".join(PARAGRAPHS)
    assert counts == {"parse": 1, "copy": 1, "language": 1}


def _has_frame(body: bytes) -> bool:
    """Whether trafilatura finds a box that is named like an article's; without one it tries all it has."""
    tree = html.document_fromstring(body, parser=html.HTMLParser(encoding="utf-8"))
    return next(frames(tree), None) is not None


def test_no_page_costs_more_but_one_that_hides_its_date_or_its_text(
    counted: Callable[[bytes], tuple[ArticleDraft, Counter[str]]],
) -> None:
    dear = {}
    for path in sorted(_FIXTURES.glob("*/page.html")):
        if not _has_frame(path.read_bytes()):
            continue
        record, counts = counted(path.read_bytes())
        hides_its_date = not record.published or record.extraction.fields["published"] == "trafilatura"
        if len(record.text) >= _SHORT and counts != {"parse": 1, "copy": 1 + hides_its_date, "language": 1}:
            dear[path.parent.name] = dict(counts)
    assert dear == {}
