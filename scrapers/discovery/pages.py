"""Home and section pages: read their feeds, links to probable articles, sections, and the next page.

A single pass over the parsed tree takes 2 to 6 ms for a page of 300 links, a fifth of the time of Scrapy's link
extractor. Callers run the pass off the reactor's thread.
"""

from __future__ import annotations

import re
import time
from dataclasses import replace
from urllib.parse import SplitResult, urldefrag, urljoin, urlsplit

from lxml import etree, html

from schemas.encoding.decode import as_utf8
from schemas.page import Hints
from schemas.text import one_line
from scrapers.discovery.candidate import Candidate
from scrapers.discovery.dates import path_moment
from scrapers.discovery.links import Leads, Place, article_shaped, classify_link, page_number
from scrapers.discovery.listing import Listing

FEED_TYPES = frozenset(
    {"application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json", "application/rss",
     "application/atom", "text/rss+xml", "text/xml", "application/xml", "application/json"}
)  # fmt: skip
#: Feeds without articles of the site: comments, oEmbed, the WordPress API.
_NOT_ARTICLES = re.compile(r"comments?(?:/|\b)|kommentare|commentaires|comentarios|oembed|wp-json|/revisions?\b", re.I)
_NAVIGATION = re.compile(
    r"(?:^|[-_\s])(?:nav|navi|navbar|navigation|menu|breadcrumbs?|topbar|sitenav|menubar)(?:$|[-_\s])", re.I
)
_FOOTER = re.compile(r"(?:^|[-_\s])(?:footer|colophon|legal|cookie\w*|social|share\w*)(?:$|[-_\s])", re.I)
_TEASER = re.compile(
    r"(?:^|[-_\s])(?:teaser|card|story|article|headline|post|entry|news-?item|artikel)(?:$|[-_\s])", re.I
)
#: A link to a feed in the page, for sites without `<link>` elements for feeds.
_FEED_LINK = re.compile(r"/(?:feed|rss|atom)/?$|[^/]\.(?:rss|atom|rdf)$|(?:rss|feed|feeds|atom)\.(?:xml|json)$", re.I)
_MOST_LINKED_FEEDS = 5
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5"})
#: Ancestors that are examined for a link's place.
_DEPTH = 14
#: Links read on a page (a page with more links is generated), and bytes read.
_MOST_LINKS, _MOST_BYTES = 3000, 4 * 1024 * 1024
_LONGEST_URL = 2048
#: Assumed age of an undated link on a front page, for the order of fetching (s).
_LINK_AGE = 43200.0
#: Articles among the `@type`s of schema.org, as written in JSON-LD.
_ARTICLE_TYPE = re.compile(
    rb'"@type"\s*+:\s*+(?:\[\s*+)?"(?:NewsArticle|Article|ReportageNewsArticle|AnalysisNewsArticle|OpinionNewsArticle|BlogPosting'
    rb'|LiveBlogPosting|ReviewNewsArticle|BackgroundNewsArticle)"'
)


def read_page(body: bytes, url: str, content_type: str | None = None) -> Listing:
    """Return the links of the page in `body` to the page's own host, and the page itself if the page is an article."""
    try:
        parser = html.HTMLParser(encoding="utf-8", huge_tree=False)
        tree = html.document_fromstring(as_utf8(body[:_MOST_BYTES], content_type), parser=parser)
    except (etree.LxmlError, ValueError, LookupError, AssertionError):
        return Listing(valid=False)
    listing = Listing()
    base = _base(tree, url)
    for element in tree.iter("link"):
        link = _absolute(base, element)
        rel = (element.get("rel") or "").lower().split()
        if link and "alternate" in rel and _names_feed(element, link):
            listing.feeds.append(link)
        elif link and "next" in rel and listing.next_page is None and page_number(urlsplit(link)):
            listing.next_page = link
    _read_links(tree, base, urlsplit(url), listing)
    if article_shaped(urlsplit(url)) and _says_article(tree, body):
        listing.candidates.insert(0, Candidate(url=url, rank=-time.time()))
    listing.feeds = list(dict.fromkeys(listing.feeds))
    listing.sections = list(dict.fromkeys(listing.sections))
    return listing


def _base(tree: html.HtmlElement, url: str) -> str:
    for element in tree.iter("base"):
        try:
            return str(urljoin(url, (element.get("href") or "").strip()))
        except ValueError:
            return url
    return url


def _absolute(base: str, element: html.HtmlElement) -> str | None:
    href = (element.get("href") or "").strip()
    if not href or href.startswith(("#", "javascript:", "mailto:", "tel:", "data:")):
        return None
    try:
        link = urldefrag(urljoin(base, href)).url
        parts = urlsplit(link)
    except ValueError:
        return None
    return link if parts.scheme in ("http", "https") and parts.hostname and len(link) <= _LONGEST_URL else None


def _names_feed(element: html.HtmlElement, link: str) -> bool:
    """Return whether `link` is a feed of articles: no comments, and no translation (`hreflang` without a type)."""
    kind = (element.get("type") or "").partition(";")[0].strip().lower()
    if kind not in FEED_TYPES or "oembed" in (element.get("type") or "").lower():
        return False
    title = element.get("title") or ""
    return not _NOT_ARTICLES.search(urlsplit(link).path) and not re.search(
        r"\bcomments? feed\b|kommentar|commentaires|comentarios", title, re.I
    )


def _read_links(tree: html.HtmlElement, base: str, own: SplitResult, listing: Listing) -> None:
    places: dict[html.HtmlElement, Place] = {}
    articles: dict[str, str] = {}
    linked_feeds: list[str] = []
    now = time.time()
    for number, element in enumerate(tree.iter("a")):
        if number >= _MOST_LINKS:
            break
        link = _absolute(base, element)
        if link is None:
            continue
        parts = urlsplit(link)
        if _FEED_LINK.search(parts.path) and not _NOT_ARTICLES.search(parts.path):
            linked_feeds.append(link)
            continue
        if _host(parts) != _host(own) or link == own.geturl():
            continue
        text = _text(element)
        leads = classify_link(parts, text, _place(element, places), (element.get("rel") or "").lower())
        if leads is Leads.ARTICLE:
            if len(text) > len(articles.get(link, "")) or link not in articles:
                articles[link] = text
        elif leads is Leads.SECTION:
            listing.sections.append(link)
        elif leads is Leads.NEXT and listing.next_page is None:
            listing.next_page = link
    listing.feeds = listing.feeds or linked_feeds[:_MOST_LINKED_FEEDS]
    for link in articles:
        published = path_moment(urlsplit(link).path)
        listing.candidates.append(Candidate(url=link, hints=Hints(), rank=-min(published or now - _LINK_AGE, now)))


def _host(parts: SplitResult) -> str:
    return (parts.hostname or "").removeprefix("www.") + (f":{parts.port}" if _port(parts) else "")


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        return None


def _text(element: html.HtmlElement) -> str:
    text = one_line(
        "".join(
            map(
                str,
                element.itertext(
                    "a", "span", "b", "strong", "em", "i", "h1", "h2", "h3", "h4", "h5", "p", "div", "font", "br"
                ),
            )
        )
    )[:300]
    if not text:
        text = one_line(element.get("title") or element.get("aria-label") or "")
    return text


def _place(element: html.HtmlElement, places: dict[html.HtmlElement, Place]) -> Place:
    parent = element.getparent()
    place = _of_ancestors(parent, places, _DEPTH)
    if any(child.tag in _HEADINGS for child in element):
        place = replace(place, heading=True)
    return place


def _of_ancestors(element: html.HtmlElement | None, places: dict[html.HtmlElement, Place], depth: int) -> Place:
    """Return the place given by the ancestors, up to `depth`; stored in `places`, since links share ancestors."""
    if element is None or depth == 0 or element.tag in ("body", "html"):
        return Place()
    if element in places:
        return places[element]
    above = _of_ancestors(element.getparent(), places, depth - 1)
    marks = f"{element.get('class') or ''} {element.get('id') or ''} {element.get('role') or ''}"[:300]
    place = Place(
        navigation=above.navigation or element.tag == "nav" or bool(_NAVIGATION.search(marks)),
        footer=above.footer or element.tag == "footer" or bool(_FOOTER.search(marks)),
        heading=above.heading or element.tag in _HEADINGS,
        teaser=above.teaser or element.tag == "article" or bool(_TEASER.search(marks)),
    )
    places[element] = place
    return place


def _says_article(tree: html.HtmlElement, body: bytes) -> bool:
    """Return whether the page's structured data call the page an article."""
    for element in tree.iter("meta"):
        if (element.get("property") or "").lower() == "og:type":
            return (element.get("content") or "").strip().lower() == "article"
    return bool(_ARTICLE_TYPE.search(body))
