"""Source: a site to crawl. All fields except `id` and `home` are optional."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from schemas.languages import language_tag
from schemas.process.settings import duration
from schemas.record import AbsoluteURL, Language, Record
from schemas.schedule import ALLOWED as SCHEDULES
from schemas.schedule import parse_schedule
from schemas.text import FilledText
from schemas.urls.url_key import host_key, url_key

#: Longest id (characters): the longest host name, and a port.
_ID_CHARS = 260
_UNFIT = re.compile(r"[^a-z0-9._-]+")


def _schedule(text: str | None) -> str | None:
    parse_schedule(text)
    return text


def _ages(texts: list[str] | None) -> list[str] | None:
    for text in texts or ():
        if duration(text) <= 0:
            raise ValueError(f"not an age: {text!r}")
    return texts


def _language(text: str | None) -> str | None:
    if text is not None and not (text := language_tag(text)):
        raise ValueError("no language has this tag")
    return text


def _site_url(url: str) -> str:
    """Return `url`, a URL which can be fetched and shown.

    Raises:
        ValueError: the URL has a user or a password, no host, no right port, or characters that no URL has.
    """
    if not url.isprintable():
        raise ValueError("it has control characters")
    parts = urlsplit(url)
    if not parts.hostname or parts.port == 0:  # the port of urllib is checked when read
        raise ValueError("it has no host or no port from 1 to 65535")
    if "@" in parts.netloc:
        raise ValueError("it has a user or a password, which every reader of the feed would see")
    return url


SiteURL = Annotated[AbsoluteURL, AfterValidator(_site_url)]


class Source(Record):
    """A site, or a part of a site, and the settings of its crawls."""

    id: Annotated[
        str,
        Field(
            pattern=r"^[a-z0-9][a-z0-9._-]*$",
            max_length=_ID_CHARS,
            description="small letters, digits and . _ -, 260 at most",
        ),
    ]
    name: Annotated[FilledText, Field(description="the publisher's name, as text")]
    home: Annotated[SiteURL, Field(description="an http or https URL without user and password")]
    feeds: Annotated[list[SiteURL], Field(description="a list of URLs; found when left out")] = []
    sitemaps: Annotated[list[SiteURL], Field(description="a list of URLs; found when left out")] = []
    sections: Annotated[list[SiteURL], Field(description="a list of URLs; found when left out")] = []
    schedule: Annotated[str | None, AfterValidator(_schedule), Field(description=SCHEDULES)] = None
    max_pages: Annotated[int | None, Field(ge=1, description="pages in one crawl: a whole number from 1")] = None
    max_depth: Annotated[int, Field(ge=0, description="sections in sections: a whole number from 0")] = 2
    delay: Annotated[float | None, Field(ge=0, description="seconds between two requests, from 0")] = None
    concurrency: Annotated[int | None, Field(ge=1, description="requests at once: a whole number from 1")] = None
    include: Annotated[list[str], Field(description="a list of patterns for whole URLs, as */news/*")] = []
    exclude: Annotated[list[str], Field(description="a list of patterns for whole URLs, as */sponsored/*")] = []
    render: Annotated[bool, Field(description="true or false")] = False
    language: Annotated[
        Language | None, AfterValidator(_language), Field(description="a language tag, as en or pt-BR")
    ] = None
    revisit: Annotated[
        list[str] | None,
        AfterValidator(_ages),
        Field(description='a list of ages, as ["1h", "6h", "3d"], [] for never; those of the settings when left out'),
    ] = None
    enabled: Annotated[bool, Field(description="true or false")] = True


def source_for(url: str) -> Source:
    """Return the source for a bare URL: the host of `url`, under the host's name.

    Raises:
        ValueError: `url` is not an http or https URL with a host.
    """
    try:
        parts = urlsplit(url.strip())
        if parts.scheme.lower() not in ("http", "https"):
            meant = "" if "://" in url else f"; did you mean https://{url.strip()}?"
            raise ValueError(f"not http or https{meant}")
        _site_url(url.strip())
        host, port = host_key(parts.hostname or "").removeprefix("www."), parts.port
    except ValueError as error:
        raise ValueError(f"{url!r} is not a URL to crawl: {error}") from error
    name = host if port in (None, 80, 443) else f"{host}:{port}"
    return Source(id=_UNFIT.sub("-", name).strip("-"), name=name, home=url.strip())


def sources_for(urls: Sequence[str]) -> list[Source]:
    """Return a source for each host of `urls`: the first URL is the home page, further URLs are sections.

    Raises:
        ValueError: some URL is not an http or https URL with a host.
    """
    sources: dict[str, Source] = {}
    for url in urls:
        source = source_for(url)
        first = sources.get(source.id)
        if first is None:
            sources[source.id] = source
        elif url_key(source.home) not in map(url_key, (first.home, *first.sections)):
            sources[source.id] = first.model_copy(update={"sections": [*first.sections, source.home]})
    return list(sources.values())
