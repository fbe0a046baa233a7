"""Source: what to crawl (SCHEMA). Everything but `id` and `home` may be left out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from schemas.record import AbsoluteURL, Record
from schemas.schedule import parse_schedule
from schemas.text import FilledText
from schemas.url_key import host_key, url_key

_UNFIT = re.compile(r"[^a-z0-9._-]+")


def _schedule(text: str) -> str:
    parse_schedule(text)
    return text


class Source(Record):
    """A site, or a part of one, with how it is to be crawled."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
    name: FilledText
    home: AbsoluteURL
    feeds: list[AbsoluteURL] = []
    sitemaps: list[AbsoluteURL] = []
    sections: list[AbsoluteURL] = []
    schedule: Annotated[str, AfterValidator(_schedule)] | None = None
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
    """The source that a bare URL stands for: its host, named after it.

    Raises:
        ValueError: no http or https URL with a host.
    """
    try:
        parts = urlsplit(url.strip())
        if parts.scheme.lower() not in ("http", "https"):
            raise ValueError(f"not http or https; did you mean https://{url.strip()}?")
        host, port = host_key(parts.hostname or "").removeprefix("www."), parts.port
    except ValueError as error:
        raise ValueError(f"{url!r} is not a URL to crawl: {error}") from error
    name = host if port in (None, 80, 443) else f"{host}:{port}"
    return Source(id=_UNFIT.sub("-", name).strip("-"), name=name, home=url.strip())


def sources_for(urls: Sequence[str]) -> list[Source]:
    """One source for each host of `urls`: the first URL is its home, the others are sections of it.

    Raises:
        ValueError: one of `urls` is no http or https URL with a host.
    """
    sources: dict[str, Source] = {}
    for url in urls:
        source = source_for(url)
        known = sources.get(source.id)
        if known is None:
            sources[source.id] = source
        elif url_key(source.home) not in map(url_key, (known.home, *known.sections)):
            sources[source.id] = known.model_copy(update={"sections": [*known.sections, source.home]})
    return list(sources.values())
