"""Pages that are no article by their address or by their own statements, and articles that look alike."""

from __future__ import annotations

import pytest

from schemas.article import ArticleDraft
from schemas.process.settings import Settings
from schemas.reject import Reject
from tests.workers.pages import page
from workers.pages.normalize import normalise

ARTICLE = '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Bridge x"}</script>'


def normalised(
    path: str,
    head: str = "",
    title: str = "Bridge x",
    headers: dict[str, str] | None = None,
    body: str | None = None,
    fetched: bool = True,
) -> ArticleDraft | Reject:
    plain = page("x")
    html = plain.body.decode().replace("Bridge x", title).replace("<title>", head + "<title>")
    return normalise(
        plain.model_copy(
            update={
                "url": "https://news.example" + path,
                "headers": {**plain.headers, **(headers or {})},
                "body": (body or html).encode(),
            }
        ),
        Settings(),
        fetched=fetched,
    )


def reason(record: ArticleDraft | Reject) -> str | None:
    return record.reason if isinstance(record, Reject) else None


FORBIDDEN = {
    "meta": ('<meta name="robots" content="NOINDEX, follow">', {}),
    "none": ('<meta name="Robots" content="none">', {}),
    "without commas": ('<meta name="robots" content="nofollow noindex">', {}),
    "to us": ('<meta name="newsline" content="noindex">', {}),
    "header": ("", {"x-robots-tag": "noarchive, noindex"}),
    "header to us": ("", {"x-robots-tag": "googlebot: nofollow, newsline: none"}),
    "header to all after a value": ("", {"x-robots-tag": "unavailable_after: 25 Jun 2030 15:00:00 PST, noindex"}),
}
ALLOWED = {
    "index": ('<meta name="robots" content="index, follow, max-image-preview:large">', {}),
    "another robot": ('<meta name="googlebot" content="noindex">', {}),
    "header to another robot": ("", {"x-robots-tag": "otherbot: noindex, nofollow"}),
    "no archive": ('<meta name="robots" content="noarchive">', {}),
}


@pytest.mark.parametrize("name", FORBIDDEN)
def test_noindex(name: str) -> None:
    head, headers = FORBIDDEN[name]
    assert reason(normalised("/2026/11/bridge-x/", head + ARTICLE, headers=headers)) == "robots_noindex"


def test_a_page_on_file_is_extracted_whatever_its_robots_directives() -> None:
    record = normalised("/2026/11/bridge-x/", FORBIDDEN["meta"][0] + ARTICLE, fetched=False)
    assert isinstance(record, ArticleDraft)
    assert "noindex" in record.rights.robots


@pytest.mark.parametrize("name", ALLOWED)
def test_index(name: str) -> None:
    head, headers = ALLOWED[name]
    assert reason(normalised("/2026/11/bridge-x/", head, headers=headers)) is None


NOT_FOUND = [
    "Page not found",
    "404",
    "Oops! That page can’t be found.",
    "Seite nicht gefunden",
    "Diese Seite gibt es leider nicht (mehr)",
    "Page introuvable",
    "Página no encontrada",
    "Página não encontrada",
    "Страница не найдена",
    "ページが見つかりません",
    "页面不存在",
    "الصفحة غير موجودة",
    "Strona nie istnieje",
    "Sayfa bulunamadı",
]


@pytest.mark.parametrize("title", NOT_FOUND)
def test_soft_404(title: str) -> None:
    assert reason(normalised("/2026/11/bridge-x/", title=title)) == "not_article"


@pytest.mark.parametrize(
    "title", ["Body not found after search in the river, police say", "404 people moved to the island in one year"]
)
def test_headlines_that_are_no_soft_404(title: str) -> None:
    assert reason(normalised("/2026/11/bridge-x/", title=title)) is None


ADDRESSES = {
    "/": "listing",
    "/tag/bridges/": "listing",
    "/author/jane-roe": "listing",
    "/category/economy/": "listing",
    "/impressum": "not_article",
    "/en/privacy-policy.html": "not_article",
    "/contact/": "not_article",
    "/2026/11/bridge-x/": None,
    "/tag/2026/11/bridge-x-is-rebuilt/": None,
    "/bridges": None,
    "/legal/court-decides-on-bridge": None,
    "/?p=4711": None,
}


@pytest.mark.parametrize("path", ADDRESSES)
def test_addresses(path: str) -> None:
    assert reason(normalised(path)) == ADDRESSES[path]


@pytest.mark.parametrize("path", ["/tag/bridges/", "/contact/"])
def test_a_page_that_names_its_article_is_one(path: str) -> None:
    assert reason(normalised(path, ARTICLE)) is None


@pytest.mark.parametrize(
    ("kind", "expected"), [("CollectionPage", "listing"), ("ProfilePage", "not_article"), ("WebPage", None)]
)
def test_structured_data(kind: str, expected: str | None) -> None:
    head = f'<script type="application/ld+json">{{"@context": "https://schema.org", "@type": "{kind}"}}</script>'
    assert reason(normalised("/bridges", head)) == expected
