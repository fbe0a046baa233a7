"""Bytes to text: byte order mark, header, meta, XML declaration, then detection (WHATWG Encoding, w3lib)."""

from __future__ import annotations

from collections.abc import Callable

from charset_normalizer import from_bytes
from w3lib.encoding import html_to_unicode

#: Bytes that the detector looks at: enough to tell, cheap on pages of megabytes.
_DETECT_BYTES = 100_000


class UndecodableError(ValueError):
    """No encoding turns these bytes into text."""


def decode(body: bytes, content_type: str | None) -> str:
    """`body` as text, without NUL characters.

    Raises:
        UndecodableError: the bytes are no text in any encoding that is declared or detected.
    """
    _, text = html_to_unicode(content_type, body, default_encoding="utf-8", auto_detect_fun=_detector())
    return text.replace("\x00", "")


def _detector() -> Callable[[bytes], str | None]:
    def detect(body: bytes) -> str | None:
        best = from_bytes(body[:_DETECT_BYTES]).best()
        return best.encoding if best else None

    return detect
