"""Page: a captured page on its way from a spider to a worker, and the packed form in Valkey."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import Annotated

import orjson
from pydantic import Field

from schemas import compression
from schemas.record import UTC, Record
from schemas.store.visits import Visit

#: Response headers read by the extraction; a Page has no others.
KEPT_HEADERS = frozenset(
    {"content-type", "last-modified", "etag", "x-robots-tag", "tdm-reservation", "tdm-policy", "link"}
)
#: The fast default of zstd: 300 KB of HTML take about a millisecond, and shrink to a fifth.
_ZSTD_LEVEL = 3


class Hints(Record):
    """Fields of the feed or sitemap entry that led to the page. Texts and dates as written there."""

    title: str | None = None
    published: str | None = None
    modified: str | None = None
    language: str | None = None
    tags: list[str] = []
    authors: list[str] = []
    origin: str | None = None  # "feed" or "sitemap"


class ArchiveRef(Record):
    """The place of the capture: a WARC file and the offset of the record (bytes)."""

    file: str
    offset: Annotated[int, Field(ge=0)]


class Page(Record):
    """A captured page: the body after content decoding, and the data needed to read the body."""

    page_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]
    url: str
    requested_url: str
    status: int
    headers: dict[str, str]
    body: bytes
    #: Bodies of the further pages of an article on several pages, in order; `headers` belong to the first page.
    further: list[bytes] = []
    fetched_at: UTC
    source_id: str
    source_name: str
    hints: Hints = Hints()
    #: The article fetched again; None for a page from discovery.
    visit: Visit | None = None
    #: Ages (s) at which the page's article is fetched again.
    revisit: list[float] = []
    archive: ArchiveRef | None = None


def pack(page: Page) -> bytes:
    """Return `page` as a compressed blob: a line of JSON with the sizes of the bodies, then the bodies."""
    bodies = [page.body, *page.further]
    head = page.model_dump(exclude={"body", "further"}) | {"sizes": [len(body) for body in bodies]}
    return compression.compress(b"".join([orjson.dumps(head), b"\n", *bodies]), _ZSTD_LEVEL)


def unpack(blob: bytes) -> Page:
    """Return the page from the result of `pack`.

    Raises:
        ValueError: the blob is not a packed page.
    """
    try:
        head, _, bodies = compression.decompress(blob).partition(b"\n")
        fields = orjson.loads(head)
        ends = [0, *accumulate(fields.pop("sizes"))]
        body, *further = (bodies[start:end] for start, end in pairwise(ends))
        return Page(**fields, body=body, further=further)
    except (compression.ZstdError, orjson.JSONDecodeError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"not a packed page: {error}") from error
