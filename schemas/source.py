"""Source: what to crawl (SCHEMA). Everything but `id` and `home` may be left out."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field

from schemas.article import AbsoluteURL, Record
from schemas.text import FilledText


class Source(Record):
    """A site, or a part of one, with how it is to be crawled."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
    name: FilledText
    home: AbsoluteURL
    feeds: list[AbsoluteURL] = []
    sitemaps: list[AbsoluteURL] = []
    sections: list[AbsoluteURL] = []
    schedule: str | None = None
    max_pages: Annotated[int, Field(ge=1)] | None = None
    max_depth: Annotated[int, Field(ge=0)] = 2
    delay: Annotated[float, Field(ge=0)] | None = None
    concurrency: Annotated[int, Field(ge=1)] | None = None
    include: list[str] = []
    exclude: list[str] = []
    render: bool = False
    language: str | None = None
    revisit: list[str] = []
    enabled: bool = True


def source_for(url: str) -> Source:
    """The source that a bare URL on the command line stands for: its host, named after it."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    name = host if parts.port in (None, 80, 443) else f"{host}:{parts.port}"
    return Source(id=name.replace(":", "-").replace("[", "").replace("]", "") or "unknown", name=name, home=url)
