"""Article: one line of the feed. Every field is always present; what is unknown is null (SCHEMA)."""

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
    """A person or an organisation that the page names as author."""

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
    """An image of the article with what is written under it."""

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
    """What the publisher said about use, as seen when the page was fetched."""

    robots: list[FilledText]
    tdm_reserved: bool | None
    tdm_policy: AbsoluteURL | None
    license: FilledText | None
    copyright: FilledText | None


class Extraction(Record):
    """How the record was made: origin of each field, what was removed by kind and count, doubts."""

    version: str
    fields: dict[str, Origin]
    removed: dict[RemovedKind, Annotated[int, Field(ge=1)]]
    flags: list[str]
    confidence: Annotated[float, Field(ge=0, le=1)]


class ArticleDraft(Record):
    """An Article before the atomic step gives it `event` and `revision`, and the feed writer gives it `seq`."""

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
    """One line of `articles-*.jsonl`."""

    schema_version: Literal["1.0"]
    event: Event
    revision: Annotated[int, Field(ge=1)]
    seq: Annotated[int, Field(ge=1)]


#: The order in which a line shows its fields: what it is and tells first, as in SCHEMA.
ARTICLE_FIELDS: tuple[str, ...] = (
    "schema_version",
    "event",
    "id",
    "revision",
    "seq",
    *(name for name in ArticleDraft.model_fields if name != "id"),
)
