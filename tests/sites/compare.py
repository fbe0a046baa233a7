"""Hold what a crawl of a bundled site brought against what it had to bring, and say every difference in a line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from schemas.urls.url_key import url_key
from tests.sites.catalog import Expected, ExpectedArticle

Line = Mapping[str, Any]


def differences(
    wanted: Expected, base: str, articles: Iterable[Line], rejects: Iterable[Line], asked: Collection[str] = ()
) -> list[str]:
    """What is wrong with the lines that a crawl of the site at `base` wrote; nothing is wrong when the list is empty.

    `articles` and `rejects` are the lines of a feed; those of other sites are passed over. `asked` are the paths in the
    server's log. A page that was not fetched is only missing when it is an article.
    """
    found = _by_path(wanted, base, articles)
    refused = _by_path(wanted, base, rejects)
    return [
        *_articles(wanted, found, refused),
        *_rejects(wanted, found, refused),
        *(f"{path}: requested, though robots.txt forbids it" for path in wanted.forbidden if path in asked),
    ]


def _articles(wanted: Expected, found: Mapping[str, list[Line]], refused: Mapping[str, list[Line]]) -> Iterator[str]:
    for article in wanted.articles:
        lines = found.get(article.path, [])
        if not lines:
            reasons = [line["reason"] for line in refused.get(article.path, [])]
            yield f"{article.path}: no article, {f'rejected as {reasons}' if reasons else 'and no reject'}"
        elif len(lines) > 1:
            yield f"{article.path}: {len(lines)} lines instead of one"
        for line in lines:
            yield from (f"{article.path}: {flaw}" for flaw in _flaws(wanted, article, line))


def _flaws(wanted: Expected, article: ExpectedArticle, line: Line) -> Iterator[str]:
    """Where one line departs from what the page says."""
    text: str = line["text"]
    if line["title"] != article.title:
        yield f"title {line['title']!r}"
    if not text.startswith(article.first):
        yield f"text begins {text[:60]!r} and not {article.first!r}"
    if not text.endswith(article.last):
        yield f"text ends {text[-60:]!r} and not {article.last!r}"
    for phrase in article.keep:
        if phrase not in text:
            yield f"text lacks {phrase!r}"
    for phrase in (*article.never, *wanted.never):
        if phrase in text:
            yield f"text holds {phrase!r}"
    headings = [text[block["start"] : block["end"]] for block in line["blocks"] if block["kind"] == "heading"]
    if headings != article.headings:
        yield f"headings {headings}"
    if line["standfirst"] != article.standfirst:
        yield f"standfirst {line['standfirst']!r}"
    names = [author["name"] for author in line["authors"]]
    if article.authors is not None and names != article.authors:
        yield f"authors {names}"
    local = (line["published"] or {}).get("local") or ""
    if not local.startswith(article.published):
        yield f"published {local!r} and not {article.published!r}"
    if line["wire"] != article.wire and article.wire is not None:
        yield f"wire {line['wire']!r}"
    if (line["language"] or "").partition("-")[0] != wanted.language.partition("-")[0]:
        yield f"language {line['language']!r}"


def _rejects(wanted: Expected, found: Mapping[str, list[Line]], refused: Mapping[str, list[Line]]) -> Iterator[str]:
    for twin, path in wanted.twins.items():
        if twin in found:
            yield f"{twin}: an article of its own, though it is {path}"
    for path in wanted.paywalled:
        for line in found.get(path, []):
            if line["access"] != "paid":
                yield f"{path}: access {line['access']!r} of a paid article"
    expected = {article.path for article in wanted.articles}.union(wanted.paywalled, wanted.twins)
    reasons = {reject.path: reject.reasons for reject in wanted.rejects}
    for path in found:
        if path not in expected:
            yield f"{path}: an article, but should be {reasons.get(path, 'unknown to the site')}"
    for path, right in reasons.items():
        for line in refused.get(path, []):
            if line["reason"] not in (*right, "duplicate"):
                yield f"{path}: rejected as {line['reason']} and not {right}"


def _by_path(wanted: Expected, base: str, lines: Iterable[Line]) -> dict[str, list[Line]]:
    """The lines about pages of the site, by the path of the article that they are or of the page that was fetched.

    A line is an article's by its canonical address too: with tracking parameters on the URL it is the same article.
    """
    known = {article.path for article in wanted.articles}.union(wanted.paywalled)
    by_path: dict[str, list[Line]] = {}
    for line in lines:
        if not line["url"].startswith(base + "/"):
            continue
        path = url_key(line["url"]).removeprefix(base)
        canonical = (line.get("canonical_url") or "").removeprefix(base)
        if canonical in known and path not in wanted.twins:
            path = canonical
        by_path.setdefault(path, []).append(line)
    return by_path
