"""The metadata of a page: the value of each field with its origin, before normalize makes the record."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from schemas.article import Access, Author, Image, Kind, Rights
from schemas.timestamp import Origin, Timestamp

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A value, and the place of the page from which the value was read."""

    value: T
    origin: Origin


@dataclass(slots=True)
class Metadata:
    """The fields of a page; None means unknown."""

    title: Found[str] | None = None
    standfirst: Found[str] | None = None
    authors: Found[list[Author]] | None = None
    published: Timestamp | None = None
    modified: Timestamp | None = None
    language: Found[str] | None = None
    section: Found[str] | None = None
    tags: Found[list[str]] | None = None
    kind: Found[Kind] | None = None
    access: Found[Access] | None = None
    canonical_url: Found[str] | None = None
    images: Found[list[Image]] | None = None
    wire: Found[str] | None = None
    rights: Rights = field(
        default_factory=lambda: Rights(robots=[], tdm_reserved=None, tdm_policy=None, license=None, copyright=None)
    )
    flags: list[str] = field(default_factory=list)
