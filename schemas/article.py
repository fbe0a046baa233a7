"""Article: a line of the feed. Every field is always present; an unknown value is null."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.record import UTC, AbsoluteURL, Hex32, Language, Record, about
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

    name: Annotated[
        FilledText,
        about(
            'The name as on the page, without "By", e-mail address and job.',
            "Nora Whitcombe",
            standard="schema.org `author.name`",
        ),
    ]
    kind: Annotated[
        Literal["person", "organization"],
        about(
            "A person, or an organisation such as an agency or a newsroom.",
            "person",
            standard="schema.org `Person`, `Organization`",
        ),
    ]
    url: Annotated[
        AbsoluteURL | None,
        about(
            "The author's page at the publisher.",
            "https://ledger.example/author/nora-whitcombe/",
            standard="schema.org `author.url`, `rel=author`",
        ),
    ]


class Block(Record):
    """Structure over `text`: characters `start` to `end`; `level` of a heading, `url` of a quote, `at` of an update."""

    kind: Annotated[
        BlockKind,
        about(
            "The kind of block; an `update` is an entry of a live blog.",
            "heading",
            standard="HTML `p`, `h1` to `h6`, `li`, `blockquote`, `tr`, `pre`; schema.org `liveBlogUpdate`",
        ),
    ]
    start: Annotated[
        int,
        Field(ge=0),
        about("The offset of the block's first character in `text`, in Unicode code points from 0.", 386),
    ]
    end: Annotated[
        int, Field(ge=0), about("The offset behind the block's last character in `text`, in Unicode code points.", 408)
    ]
    level: Annotated[
        Annotated[int, Field(ge=1, le=6)] | None,
        about("The level of a heading, 1 to 6; null for other kinds.", 2, standard="HTML `h1` to `h6`"),
    ] = None
    url: Annotated[
        AbsoluteURL | None,
        about(
            "The source of a quote; null for other kinds and where the page names no source.",
            "https://council.example/minutes/2025-09",
            standard="HTML `blockquote cite`",
        ),
    ] = None
    at: Annotated[
        Timestamp | None, about("The time of an update; null for other kinds.", standard="HTML `time datetime`")
    ] = None


class Link(Record):
    """A link inside `text`."""

    url: Annotated[
        AbsoluteURL,
        about("The target, as an absolute URL.", "https://council.example/minutes/2025-09", standard="HTML `a href`"),
    ]
    anchor: Annotated[FilledText, about("The text of the link.", "minutes of the council")]
    start: Annotated[
        int,
        Field(ge=0),
        about("The offset of the anchor's first character in `text`, in Unicode code points from 0.", 120),
    ]
    end: Annotated[
        int, Field(ge=0), about("The offset behind the anchor's last character in `text`, in Unicode code points.", 142)
    ]


class Image(Record):
    """An image of the article with the texts under it."""

    url: Annotated[
        AbsoluteURL,
        about(
            "The image's file, as an absolute URL.",
            "https://ledger.example/2025/10/mill-street.png",
            standard="schema.org `image.contentUrl`, `og:image`, HTML `img src`",
        ),
    ]
    caption: Annotated[
        FilledText | None,
        about(
            "The text under the image, without the credit.",
            "Fire hoses across a wet street at night.",
            standard="schema.org `image.caption`, HTML `figcaption`",
        ),
    ]
    credit: Annotated[
        FilledText | None,
        about(
            "The photographer or agency named with the image.",
            "Kettleman Media",
            standard="schema.org `image.creditText`",
        ),
    ]
    alt: Annotated[
        FilledText | None,
        about("The text in place of the image.", "Fire hoses across a wet street at night", standard="HTML `img alt`"),
    ]
    lead: Annotated[
        bool, about("Whether the image is the article's main image.", True, standard="`og:image`, schema.org `image`")
    ]


class SourceRef(Record):
    """The configured source and the publisher's registrable domain."""

    id: Annotated[
        FilledText, about("The `id` in `sources.toml`; the host for a URL on the command line.", "ledger.example")
    ]
    name: Annotated[
        FilledText,
        about("The `name` in `sources.toml`; the `id` where the source has no name.", "The Dorchester Ledger"),
    ]
    domain: Annotated[
        FilledText, about("The registrable domain of `url`.", "ledger.example", standard="Public Suffix List")
    ]


class Rights(Record):
    """The publisher's words on use of the article, at the time of the fetch."""

    robots: Annotated[
        list[FilledText],
        about(
            "The directives for all robots and for `newsline`, in lower case, sorted.",
            ["max-image-preview:large", "noarchive"],
            standard="robots meta tag, `X-Robots-Tag`",
        ),
    ]
    tdm_reserved: Annotated[
        bool | None,
        about(
            "Whether text and data mining are reserved; null where the publisher is silent.",
            True,
            standard="TDMRep `tdm-reservation`",
        ),
    ]
    tdm_policy: Annotated[
        AbsoluteURL | None,
        about(
            "The publisher's policy on text and data mining.",
            "https://ledger.example/policies/tdm.json",
            standard="TDMRep `tdm-policy`",
        ),
    ]
    license: Annotated[
        FilledText | None,
        about(
            "The licence named by the page.",
            "https://creativecommons.org/licenses/by/4.0/",
            standard="schema.org `license`, `rel=license`, RSL 1.0",
        ),
    ]
    copyright: Annotated[
        FilledText | None,
        about(
            "The copyright line of the page.",
            "© 2025 The Dorchester Ledger. All rights reserved.",
            standard="schema.org `copyrightNotice`",
        ),
    ]


class Extraction(Record):
    """The making of the record: origin of each field, number of removed blocks of each kind, doubts."""

    version: Annotated[
        str,
        about("The version of the extraction's rules; a new version may give another record of the same page.", "1"),
    ]
    fields: Annotated[
        dict[str, Origin],
        about(
            "The origin of each known field, by the field's name; unknown fields are missing.",
            {"title": "html", "published": "meta"},
        ),
    ]
    removed: Annotated[
        dict[RemovedKind, Annotated[int, Field(ge=1)]],
        about("The number of blocks taken out of the article's region, by kind.", {"byline": 1, "newsletter": 1}),
    ]
    flags: Annotated[
        list[str],
        about(
            "Doubts and events, sorted: `correction`, `date_in_future`, `date_too_old`, `embedded`, `gone`, "
            "`language_differs`, `parts`, `redirected_away`.",
            ["correction"],
        ),
    ]
    confidence: Annotated[
        float,
        Field(ge=0, le=1),
        about("The confidence that `text` is the whole article and nothing else, 0 to 1.", 0.666),
    ]


class ArticleDraft(Record):
    """An Article before the emission adds `event` and `revision`, and the feed writer adds `seq`."""

    id: Annotated[
        Hex32,
        about(
            "The article's id: 32 hexadecimal digits, made from the first `url_key`, the same for ever.",
            "36c4fd15e749dfa51d88b1a0e95b948d",
            standard="BLAKE2b (RFC 7693), 128 bits",
        ),
    ]
    url: Annotated[
        AbsoluteURL,
        about(
            "The page's address, after redirects.",
            "https://ledger.example/2025/10/02/bakery-fire-on-mill-street/?page=1",
            standard="RFC 3986",
        ),
    ]
    canonical_url: Annotated[
        AbsoluteURL | None,
        about(
            "The address that the page names as its own; null for another site and for the front page.",
            "https://ledger.example/2025/10/02/bakery-fire-on-mill-street/",
            standard="`rel=canonical` (RFC 6596), `og:url`",
        ),
    ]
    url_key: Annotated[
        AbsoluteURL,
        about(
            "The address in a single spelling, without fragment and tracking parameters; `id` is made from this.",
            "https://ledger.example/2025/10/02/bakery-fire-on-mill-street/",
            standard="RFC 3986, section 6; IDNA 2008",
        ),
    ]
    source: Annotated[SourceRef, about("The configured source, and the publisher's registrable domain.")]
    title: Annotated[
        FilledText,
        about(
            "The headline that readers see, without the site's name.",
            "Fire Guts Bakery on Mill Street; Nobody Hurt",
            standard="schema.org `headline`, `og:title`, HTML `h1`",
        ),
    ]
    standfirst: Annotated[
        FilledText | None,
        about(
            "The summary between headline and text; never repeated in `text`.",
            "Crews from four towns needed three hours to put the fire out.",
            standard="schema.org `description`",
        ),
    ]
    authors: Annotated[
        list[Author],
        about("The authors, without duplicates; empty where the page names none.", standard="schema.org `author`"),
    ]
    published: Annotated[
        Timestamp | None,
        about("The time of the first publication.", standard="schema.org `datePublished`, `article:published_time`"),
    ]
    modified: Annotated[
        Timestamp | None,
        about(
            "The time of the last change that the publisher states; never before `published`.",
            standard="schema.org `dateModified`, `article:modified_time`",
        ),
    ]
    language: Annotated[
        Language | None,
        about(
            "The language of the text, with region or script where the page declares them.",
            "en-US",
            standard="BCP 47; schema.org `inLanguage`, HTML `lang`",
        ),
    ]
    section: Annotated[
        FilledText | None,
        about("The publisher's section.", "Local", standard="schema.org `articleSection`, `article:section`"),
    ]
    tags: Annotated[
        list[FilledText],
        about(
            "The publisher's keywords, in the page's order.",
            ["Fires", "Kettleman"],
            standard="schema.org `keywords`, `article:tag`",
        ),
    ]
    kind: Annotated[
        Kind,
        about(
            "The kind of article, from labels, markup and address; `unknown` where the page is silent.",
            "news",
            standard="schema.org types of `NewsArticle`; `og:type`",
        ),
    ]
    access: Annotated[
        Access,
        about(
            "Whether readers pay, as the page says; `unknown` where the page is silent.",
            "free",
            standard="schema.org `isAccessibleForFree`",
        ),
    ]
    text: Annotated[
        Text,
        about(
            "The article: blocks separated by an empty line, nothing else; empty on a withdrawn line.",
            "A fire destroyed the Kettleman bakery on Mill Street early on Thursday.",
            standard="schema.org `articleBody`; Unicode NFC (UAX 15)",
        ),
    ]
    blocks: Annotated[list[Block], about("The structure over `text`: in order, without overlap.")]
    images: Annotated[
        list[Image],
        about(
            "The images of the article, with the texts which are no part of `text`.",
            standard="schema.org `image`, `og:image`",
        ),
    ]
    word_count: Annotated[
        int,
        Field(ge=0),
        about(
            "The number of words in `text`; a character of a script without spaces counts as a word.",
            116,
            standard="schema.org `wordCount`",
        ),
    ]
    links: Annotated[list[Link], about("The links inside `text`, in order.", standard="HTML `a href`")]
    wire: Annotated[
        FilledText | None,
        about(
            "The agency from which the article comes, by its id in Newsline's table of agencies.",
            "reuters",
            standard="schema.org `provider`, `sourceOrganization`",
        ),
    ]
    cluster_id: Annotated[
        Hex32 | None,
        about(
            "The `id` of the first article with nearly the same text; null for a text too short to compare.",
            "36c4fd15e749dfa51d88b1a0e95b948d",
        ),
    ]
    rights: Annotated[
        Rights,
        about(
            "The publisher's words on the use of the article, as seen at the fetch.",
            standard="TDMRep, robots meta tag, schema.org `license`",
        ),
    ]
    content_hash: Annotated[
        Hex32,
        about(
            "The digest of `title` and `text`, white space collapsed; a new digest is a new revision.",
            "20b025e9ebc87a2d213ca9199eea618f",
            standard="BLAKE2b (RFC 7693), 128 bits",
        ),
    ]
    fetched_at: Annotated[UTC, about("The time of the fetch, in UTC.", "2026-11-25T02:07:29Z", standard="RFC 3339")]
    extraction: Annotated[Extraction, about("The making of the record: origins, removed blocks, doubts.")]


class Article(ArticleDraft):
    """A line of `articles-*.jsonl`."""

    schema_version: Annotated[Literal["1.0"], about("The version of this record: text, and no number.", "1.0")]
    event: Annotated[Event, about("The news in this line: a new article, an update, or a withdrawal.", "new")]
    revision: Annotated[
        int,
        Field(ge=1),
        about("The number of the article's revision, from 1; `id` and `revision` together are unique in a feed.", 1),
    ]
    seq: Annotated[int, Field(ge=1), about("The line's position in the feed, from 1, without gaps.", 1)]


#: Order of the fields in a line: first the fields by which a reader sorts and finds lines.
ARTICLE_FIELDS: tuple[str, ...] = (
    "schema_version",
    "event",
    "id",
    "revision",
    "seq",
    *(name for name in ArticleDraft.model_fields if name != "id"),
)
