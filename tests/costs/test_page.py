"""Costs of a page from bytes to record: a page is parsed once, copied once, and its language detected once."""

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
#: Characters of text below which the extraction tries a page in other ways as well.
_SHORT = 400
_HEAD = """<title>The fish market of Lindholm closes</title><script type="application/ld+json">{"@context":
"https://schema.org", "@type": "NewsArticle", "datePublished": "2026-11-01T08:00:00Z"}</script>"""


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], tuple[ArticleDraft, Counter[str]]]:
    """Return a function from a page to the article and the counts of the work."""
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


def _is_page(copied: Any, *_: Any, **__: Any) -> bool:
    """Return whether a whole page is copied, not a part of a page or another object."""
    return getattr(copied, "tag", None) in ("html", "body")


def test_an_ordinary_page(counted: Callable[[bytes], tuple[ArticleDraft, Counter[str]]]) -> None:
    paragraphs = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
    article = f"<article><h1>The fish market of Lindholm closes</h1>{paragraphs}</article>"
    record, counts = counted(f"<html lang=en><head>{_HEAD}</head><body>{article}</body></html>".encode())
    assert record.text == "\n\n".join(PARAGRAPHS)
    assert counts == {"parse": 1, "copy": 1, "language": 1}


def _has_frame(body: bytes) -> bool:
    """Return whether trafilatura finds a box named like an article's; without a box trafilatura tries all its ways."""
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
