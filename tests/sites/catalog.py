"""The bundled sites by name, and what a crawl of each has to bring: `expected.json` beside the site's pages."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from schemas.reject import RejectReason
from tests.sites.press import print_site
from tests.sites.site import Site

#: Folders of the bundled sites: English, German, Portuguese, Japanese (Shift_JIS), Arabic.
NAMES = ("ledger", "tagblatt", "correio", "minato", "sahifa")

ROOT = Path(__file__).parent


class Record(BaseModel):
    """Strict, so that a misspelt expectation is an error and not an expectation less."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ExpectedArticle(Record):
    """One article: where it is, and what its record must hold."""

    path: str
    title: str
    #: The text begins and ends with these words.
    first: str
    last: str
    standfirst: str | None = None
    #: None: not asserted, because the page leaves it open.
    authors: list[str] | None = []
    #: The beginning of `published.local`, as far as the page says it for certain.
    published: str
    wire: str | None = None
    #: The texts of the `heading` blocks, in order.
    headings: list[str] = []
    #: Trap forms: parts of the story that look like boilerplate and must stay in the text.
    keep: list[str] = []
    #: Boilerplate of this page that must not be in the text.
    never: list[str] = []
    #: Where a crawl can learn of it: `home`, `feed`, `sitemap`, `section`.
    found_by: list[str]


class ExpectedReject(Record):
    """A page that is no article: any of `reasons` is right."""

    path: str
    reasons: list[RejectReason]


class Expected(Record):
    """What a crawl of a whole site brings. Paths are as in the URLs, percent-encoded."""

    name: str
    language: str
    articles: list[ExpectedArticle]
    #: A second address of an article → the address that the record goes by.
    twins: dict[str, str]
    #: Teasers of paid articles: a reject `paywalled`, or an article with `access` `paid`.
    paywalled: list[str]
    #: Pages that must not become articles, if they are fetched at all.
    rejects: list[ExpectedReject]
    #: Linked, but never to be requested: robots.txt forbids them.
    forbidden: list[str]
    #: Furniture of the site that no text may hold.
    never: list[str]


def load(name: str) -> Site:
    """The bundled site `name`, printed anew: what one test does to it no other test sees."""
    return print_site(ROOT / name)


def expected(name: str) -> Expected:
    """What a crawl of the bundled site `name` has to bring."""
    return Expected.model_validate_json((ROOT / name / "expected.json").read_bytes())
