"""Article: a line of the feed. Every field is always present; an unknown value is null."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.record import UTC, AbsoluteURL, Hex32, Language, Record
from schemas.text import FilledText, Text
from schemas.timestamp import Origin, Timestamp

SCHEMA_VERSION = "1.0"

Event = Literal["new", "update", "withdrawn"]
Kind = Literal[
    "news", "opinion", "analysis", "live", "review", "interview", "video", "gallery", "press_release", "unknown"
]
Access = Literal["free", "metered", "paid", "unknown"]
BlockKind = Literal["paragraph", "heading", "list_item", "quote", "table_row", "code", "update"]
RemovedKind = Literal[
    "repeated_headline",
    "standfirst",
    "byline",
    "dateline_stamp",
    "caption",
    "credit",
    "related",
    "promo",
    "newsletter",
    "share",
    "navigation",
    "comments",
    "postal_address",
    "copyright",
    "cookie",
    "paywall",
    "author_bio",
    "advert",
    "site_repeat",
    "other",
]


class Author(Record):
    """A person or an organisation named by the page as author."""

    name: FilledText
    kind: Literal["person", "organization"]
    url: AbsoluteURL | None


class Block(Record):
    """Structure over `text`: characters `start` to `end`; `level` of a heading, `url` of a quote, `at` of an update."""

    kind: BlockKind
    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=0)]
    level: Annotated[int, Field(ge=1, le=6)] | None = None
    url: AbsoluteURL | None = None
    at: Timestamp | None = None


class Link(Record):
    """A link inside `text`."""

    url: AbsoluteURL
    anchor: FilledText
    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=0)]


class Image(Record):
    """An image of the article with the texts under it."""

    url: AbsoluteURL
    caption: FilledText | None
    credit: FilledText | None
    alt: FilledText | None
    lead: bool


class SourceRef(Record):
    """The configured source and the publisher's registrable domain."""

    id: FilledText
    name: FilledText
    domain: FilledText


class Rights(Record):
    """The publisher's words on use of the article, at the time of the fetch."""

    robots: list[FilledText]
    tdm_reserved: bool | None
    tdm_policy: AbsoluteURL | None
    license: FilledText | None
    copyright: FilledText | None


class Extraction(Record):
    """The making of the record: origin of each field, number of removed blocks of each kind, doubts."""

    version: str
    fields: dict[str, Origin]
    removed: dict[RemovedKind, Annotated[int, Field(ge=1)]]
    flags: list[str]
    confidence: Annotated[float, Field(ge=0, le=1)]


class ArticleDraft(Record):
    """An Article before the emission adds `event` and `revision`, and the feed writer adds `seq`."""

    id: Hex32
    url: AbsoluteURL
    canonical_url: AbsoluteURL | None
    url_key: AbsoluteURL
    source: SourceRef
    title: FilledText
    standfirst: FilledText | None
    authors: list[Author]
    published: Timestamp | None
    modified: Timestamp | None
    language: Language | None
    section: FilledText | None
    tags: list[FilledText]
    kind: Kind
    access: Access
    text: Text
    blocks: list[Block]
    images: list[Image]
    word_count: Annotated[int, Field(ge=0)]
    links: list[Link]
    wire: FilledText | None
    cluster_id: Hex32 | None
    rights: Rights
    content_hash: Hex32
    fetched_at: UTC
    extraction: Extraction


class Article(ArticleDraft):
    """A line of `articles-*.jsonl`."""

    schema_version: Literal["1.0"]
    event: Event
    revision: Annotated[int, Field(ge=1)]
    seq: Annotated[int, Field(ge=1)]


#: Order of the fields in a line: first the fields by which a reader sorts and finds lines.
ARTICLE_FIELDS: tuple[str, ...] = (
    "schema_version",
    "event",
    "id",
    "revision",
    "seq",
    *(name for name in ArticleDraft.model_fields if name != "id"),
)
