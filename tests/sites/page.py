"""Page: what a site answers at one address, down to how the bytes go over the wire.

A text body (and header values) may hold `{{base}}`: the site's own address, known only once it is open.
"""

from __future__ import annotations

import gzip
import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Literal

import brotli  # type: ignore[import-untyped]

if sys.version_info >= (3, 14):
    from compression import zstd as zstd
else:
    from backports import zstd as zstd

#: Stands for the site's own address (`http://127.0.1.1:41234`, no slash at the end) in bodies and header values.
BASE = "{{base}}"

Coding = Literal["gzip", "br", "zstd"]
Framing = Literal["length", "chunked", "close"]


@dataclass(frozen=True, slots=True)
class Page:
    """One answer. The defaults make an ordinary static page with validators and a Content-Length."""

    #: Text is written in `charset`, after `{{base}}` is filled in; bytes go out as they are.
    body: str | bytes = ""
    status: int = 200
    #: Content-Type as sent, right or wrong; None sends none.
    content_type: str | None = "text/html; charset=utf-8"
    #: What the body is really written in; `content_type` need not agree.
    charset: str = "utf-8"
    #: Further headers; one that the server sends too replaces the server's, except the framing.
    headers: Mapping[str, str] = field(default_factory=dict)
    #: The body is a gzip file in itself (`sitemap.xml.gz`), whatever Content-Encoding says.
    gzipped: bool = False
    #: Content-Encoding, applied whether or not the client asked for it.
    coding: Coding | None = None
    #: Content-Length, chunked, or neither and the end of the connection ends the body.
    framing: Framing = "length"
    #: Send ETag and Last-Modified, and answer 304 to a request that holds them (answers with status 200 only).
    validators: bool = True
    #: Last-Modified; the moment of publication when None.
    modified: datetime | None = None
    #: Seconds before the first byte.
    delay: float = 0.0
    #: (bytes, seconds): send the body in pieces of so many bytes with so long a pause before each.
    drip: tuple[int, float] | None = None
    #: Break the connection after so many bytes of the body, though all were promised; 0 breaks after the headers.
    cut: int | None = None
    #: Reset the connection instead of answering.
    reset: bool = False

    def payload(self, base: str) -> bytes:
        """The body's bytes as they go over the wire, for a site at `base`."""
        body = self.body.replace(BASE, base).encode(self.charset) if isinstance(self.body, str) else self.body
        if self.gzipped:
            body = gzip.compress(body, mtime=0)  # no time in it: the same page has the same ETag
        match self.coding:
            case "gzip":
                return gzip.compress(body, mtime=0)
            case "br":
                return bytes(brotli.compress(body))
            case "zstd":
                return zstd.compress(body)
            case None:
                return body

    def validator_headers(self, payload: bytes, published: datetime) -> dict[str, str]:
        """ETag of the bytes and Last-Modified to the second, or nothing where the page has no validators."""
        if not self.validators or self.status != 200:
            return {}
        moment = (self.modified or published).astimezone(UTC).replace(microsecond=0)
        digest = hashlib.blake2b(payload, digest_size=8).hexdigest()
        return {"ETag": f'"{digest}"', "Last-Modified": format_datetime(moment, usegmt=True)}
