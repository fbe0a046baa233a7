"""The bundled sites serve what their `expected.json` says: where a crawl differs from it, the crawl is to blame."""

from __future__ import annotations

import gzip
import html
import json
import re
from urllib.parse import unquote
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree

import pytest

from tests.sites.catalog import NAMES, Expected, expected, load
from tests.sites.site import Site

#: Where each site lists its articles, by the word that `found_by` uses.
LISTINGS = {
    "ledger": {"home": ["/"], "feed": ["/feed/"]},
    "tagblatt": {
        "home": ["/"],
        "feed": ["/feed.atom"],
        "sitemap": ["/sitemap-news.xml", "/sitemap-archiv-2025-09.xml.gz"],
    },
    "correio": {"home": ["/"]},
    "minato": {"home": ["/"], "feed": ["/index.rdf"]},
    "sahifa": {"home": ["/"], "feed": ["/feed.json"]},
}


@pytest.fixture(params=NAMES)
def site(request: pytest.FixtureRequest) -> Site:
    """Each bundled site in turn; its pages can be read without serving them."""
    return load(request.param)


@pytest.fixture
def wanted(site: Site) -> Expected:
    """What a crawl of the site has to bring."""
    return expected(site.name)


def source(site: Site, path: str) -> str:
    """The page at `path` as text, links without the site's address."""
    page = site.page(path)
    payload = page.payload("")
    return (gzip.decompress(payload) if page.gzipped else payload).decode(page.charset)


def words(markup: str) -> str:
    """What a reader sees: no head, no script, no tags, one space between words."""
    body = re.sub(r"(?s)<head>.*?</head>|<script.*?</script>", "", markup)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_articles_are_as_expected(site: Site, wanted: Expected) -> None:
    for article in wanted.articles:
        seen = words(source(site, article.path))
        parts = [article.title, *article.headings, *article.keep, *(article.authors or [])]
        for part in [*parts, article.standfirst or ""]:
            assert part in seen, article.path
        assert seen.index(article.first) < seen.index(article.last), article.path
        for boilerplate in article.never:
            assert boilerplate in seen or f'alt="{boilerplate}"' in source(site, article.path), boilerplate


def test_every_article_of_the_folder_is_expected(site: Site, wanted: Expected) -> None:
    listed = {article.path for article in wanted.articles}
    described = listed | set(wanted.paywalled) | set(wanted.twins) | {reject.path for reject in wanted.rejects}
    pages = {
        path
        for path in site
        if (site.page(path).content_type or "").startswith("text/html") and site.page(path).status == 200
    }
    assert pages <= described
    assert len(wanted.articles) >= 6
    assert not listed & {reject.path for reject in wanted.rejects}


def test_articles_are_found_where_expected(site: Site, wanted: Expected) -> None:
    for means, paths in LISTINGS[site.name].items():
        listing = "".join(source(site, path) for path in paths)
        linked = {article.path for article in wanted.articles if article.path in listing}
        assert linked == {article.path for article in wanted.articles if means in article.found_by}, means


def test_feeds_are_well_formed(site: Site) -> None:
    for path in site:
        page = site.page(path)
        kind = page.content_type or ""
        if "json" in kind:
            assert json.loads(page.payload("http://x.example"))["version"] == "https://jsonfeed.org/version/1.1"
        elif "xml" in kind or page.gzipped:
            text = re.sub(r"^<\?xml[^>]*\?>", "", source(site, path).lstrip())  # expat knows no Shift_JIS
            ElementTree.fromstring(text)


def test_the_site_s_furniture_is_on_its_pages(site: Site, wanted: Expected) -> None:
    pages = " ".join(words(source(site, path)) for path in site if "html" in (site.page(path).content_type or ""))
    for phrase in wanted.never:
        assert phrase in pages, phrase


def test_twins_lead_to_the_article(site: Site, wanted: Expected) -> None:
    for twin, path in wanted.twins.items():
        page = site.page(twin)
        if page.status == 200:
            assert f'<link rel="canonical" href="{path}">' in source(site, twin)
        else:
            assert page.headers["Location"] == "{{base}}" + path


def test_rejects_are_what_they_seem(site: Site, wanted: Expected) -> None:
    for reject in wanted.rejects:
        known = reject.path in set(site)
        assert known == (reject.reasons != ["http_error"]), reject.path
        if reject.reasons == ["robots_noindex"]:
            page = site.page(reject.path)
            assert "noindex" in page.headers.get("X-Robots-Tag", "") or re.search(
                r'name="robots" content="(noindex|none)', source(site, reject.path)
            ), reject.path
        if reject.reasons == ["not_html"]:
            assert not (site.page(reject.path).content_type or "").startswith("text/"), reject.path


def test_robots_forbid_what_is_forbidden_and_nothing_else(site: Site, wanted: Expected) -> None:
    robots = RobotFileParser()
    robots.parse(source(site, "/robots.txt").splitlines())
    assert not any(robots.can_fetch("newsline", unquote(path)) for path in wanted.forbidden)
    assert all(robots.can_fetch("newsline", unquote(path)) for path in site)


def test_the_expectations_hold_a_postal_address_and_a_repeated_headline() -> None:
    seed = next(a for a in expected("ledger").articles if a.path.startswith("/mexican-president"))
    assert seed.standfirst is not None
    assert len(seed.headings) == 5
    assert "Physical Address" in expected("ledger").never
