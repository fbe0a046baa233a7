"""The comparison finds nothing where all is right, and finds each thing that is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.sites.catalog import ExpectedArticle, expected
from tests.sites.compare import differences

BASE = "http://127.0.1.1:8000"
SITE = expected("ledger")
FERRY = "/2025/10/14/harbor-ferry-returns-after-two-years/"


def line(article: ExpectedArticle) -> dict[str, Any]:
    """A line that has all that is expected of `article`, as far as the comparison looks."""
    text, blocks = article.first, []
    for heading in article.headings:
        blocks.append({"kind": "heading", "start": len(text) + 2, "end": len(text) + 2 + len(heading)})
        text += f"\n\n{heading}"
    text = "\n\n".join([text, *article.keep, article.last])
    return {
        "url": BASE + article.path,
        "title": article.title,
        "text": text,
        "blocks": blocks,
        "standfirst": article.standfirst,
        "authors": [{"name": name} for name in article.authors or []],
        "published": {"local": article.published},
        "wire": article.wire,
        "language": "en",
        "access": "unknown",
    }


def lines() -> dict[str, dict[str, Any]]:
    """The lines of a perfect crawl, by path."""
    return {article.path: line(article) for article in SITE.articles}


def reject(path: str, reason: str) -> dict[str, Any]:
    return {"url": BASE + path, "reason": reason}


def test_a_perfect_crawl_has_no_differences() -> None:
    rejects = [reject(each.path, each.reasons[0]) for each in SITE.rejects]
    elsewhere = {"url": "http://127.0.1.2:8000/other"}
    assert differences(SITE, BASE, [*lines().values(), elsewhere], rejects, asked=["/", FERRY]) == []


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("title", "Harbor", "title 'Harbor'"),
        ("text", "Physical Address", "text holds 'Physical Address'"),
        ("text", "short", "text begins"),
        ("text", "short", "text ends"),
        ("blocks", [{"kind": "heading", "start": 0, "end": 4}], "headings ['GULL']"),
        ("standfirst", "More", "standfirst 'More'"),
        ("authors", [{"name": "By Nora"}], "authors ['By Nora']"),
        ("published", None, "published ''"),
        ("language", "de-DE", "language 'de-DE'"),
    ],
)
def test_each_wrong_field_is_said(field: str, value: object, said: str) -> None:
    found = lines()
    found[FERRY][field] = value
    told = differences(SITE, BASE, found.values(), [])
    assert any(each.startswith(f"{FERRY}: ") and said in each for each in told), told


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda found: found.pop(FERRY), f"{FERRY}: no article, and no reject"),
        (lambda found: found.update(x=found[FERRY]), f"{FERRY}: 2 lines instead of one"),
        (lambda found: found.update(x={**found[FERRY], "url": f"{BASE}/ferry"}), "/ferry: an article of its own"),
        (lambda found: found.update(x={**found[FERRY], "url": f"{BASE}/about/"}), "/about/: an article, but"),
        (lambda found: found.update(x={**found[FERRY], "url": f"{BASE}/new"}), "/new: an article, but should be unk"),
    ],
)
def test_lines_too_few_and_too_many_are_said(spoil: Callable[[dict[str, Any]], object], said: str) -> None:
    found = lines()
    spoil(found)
    told = differences(SITE, BASE, found.values(), [])
    assert len(told) == 1
    assert told[0].startswith(said)


def test_a_line_is_an_article_s_by_its_canonical_address_and_without_tracking_parameters() -> None:
    found = lines()
    found[FERRY]["url"] += "?utm_source=rss"
    assert differences(SITE, BASE, found.values(), []) == []
    found[FERRY] |= {"url": f"{BASE}{FERRY}?from=home", "canonical_url": BASE + FERRY}
    assert differences(SITE, BASE, found.values(), []) == []


def test_wrong_reasons_and_forbidden_requests_are_said() -> None:
    rejects = [reject("/about/", "timeout"), reject("/ferry", "duplicate")]
    told = differences(SITE, BASE, lines().values(), rejects, asked=["/wp-login.php"])
    assert told == [
        "/about/: rejected as timeout and not ['not_article', 'too_short', 'listing']",
        "/wp-login.php: requested, though robots.txt forbids it",
    ]
    paid = expected("tagblatt")
    (path,) = paid.paywalled
    found = [{**line(article), "language": "de"} for article in paid.articles]
    free = {**found[0], "url": BASE + path, "access": "free"}
    assert differences(paid, BASE, [*found, free], []) == [f"{path}: access 'free' of a paid article"]
    assert differences(paid, BASE, [*found, {**free, "access": "paid"}], []) == []
