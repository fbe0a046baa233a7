"""Page: what the spiders hand to the workers, and how it travels beside its job."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import Annotated

import orjson
from pydantic import Field

from schemas import compression
from schemas.record import UTC, Record
from schemas.store.visits import Visit

#: Response headers that the extraction reads; all others are left behind.
KEPT_HEADERS = frozenset(
    {"content-type", "last-modified", "etag", "x-robots-tag", "tdm-reservation", "tdm-policy", "link"}
)
#: zstd's fast default: 300 KB of HTML in about a millisecond, a fifth of the size.
_ZSTD_LEVEL = 3


class Hints(Record):
    """What the feed or sitemap entry that led to a page says of it. Text as found; dates as written there."""

    title: str | None = None
    published: str | None = None
    modified: str | None = None
    language: str | None = None
    tags: list[str] = []
    authors: list[str] = []
    origin: str | None = None  # "feed" or "sitemap"


class ArchiveRef(Record):
    """Where the capture lies: a WARC file and the offset of its record in bytes."""

    file: str
    offset: Annotated[int, Field(ge=0)]


class Page(Record):
    """A captured page: the bytes as fetched, after content decoding, with what is needed to understand them."""

    page_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]
    url: str
    requested_url: str
    status: int
    headers: dict[str, str]
    body: bytes
    #: The bodies of the further pages of an article of several, in their order; `headers` are those of the first.
    further: list[bytes] = []
    fetched_at: UTC
    source_id: str
    source_name: str
    hints: Hints = Hints()
    #: The article that was fetched again, None for a page that was found.
    visit: Visit | None = None
    #: Ages (s) at which the article of the page is fetched again.
    revisit: list[float] = []
    archive: ArchiveRef | None = None


def pack(page: Page) -> bytes:
    """`page` as one compressed blob: a line of JSON with the sizes of the bodies, then their bytes."""
    bodies = [page.body, *page.further]
    head = page.model_dump(exclude={"body", "further"}) | {"sizes": [len(body) for body in bodies]}
    return compression.compress(b"".join([orjson.dumps(head), b"\n", *bodies]), _ZSTD_LEVEL)


def unpack(blob: bytes) -> Page:
    """The page of `pack`.

    Raises:
        ValueError: the blob was not made by `pack`.
    """
    try:
        head, _, bodies = compression.decompress(blob).partition(b"\n")
        said = orjson.loads(head)
        ends = [0, *accumulate(said.pop("sizes"))]
        body, *further = (bodies[start:end] for start, end in pairwise(ends))
        return Page(**said, body=body, further=further)
    except (compression.ZstdError, orjson.JSONDecodeError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"not a packed page: {error}") from error
