"""The bytes of a feed or sitemap as UTF-8, whatever header and XML declaration claim (XML 1.0, appendix F; RFC 7303).

The first claim under which the bytes decode wins, in the order of who is seldom wrong: byte order mark, XML
declaration, the header's charset, UTF-8, a detector. Bytes that no claim fits become text by the likeliest one, with
replacement characters for what is broken: a listing with one bad byte still lists.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from charset_normalizer import from_bytes
from w3lib.encoding import http_content_type_encoding, read_bom, resolve_encoding

_DECLARATION = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""", re.I)
_TEXT_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,300}\?>", re.I)
#: Bytes that the detector looks at.
_DETECT_BYTES = 50_000


def as_utf8(body: bytes, content_type: str | None) -> bytes:
    """`body` in UTF-8 without byte order mark, XML declaration, NUL characters and leading white space."""
    text = _decode(body, content_type).lstrip("\ufeff \t\r\n\x00").replace("\x00", "")
    return _TEXT_DECLARATION.sub("", text, count=1).lstrip().encode("utf-8", "replace")


def _decode(body: bytes, content_type: str | None) -> str:
    tried = []
    for encoding in _claims(body, content_type):
        tried.append(encoding)
        try:
            return body.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    best = from_bytes(body[:_DETECT_BYTES]).best()
    encoding = best.encoding if best else "utf-8"
    if best and best.encoding == "ascii":
        encoding = "utf-8"
    return body.decode(encoding, "replace")


def _claims(body: bytes, content_type: str | None) -> Iterator[str]:
    bom, _ = read_bom(body)
    if bom:
        yield bom
    if body[:4] == b"\x00<\x00?":
        yield "utf-16-be"
    elif body[:4] == b"<\x00?\x00":
        yield "utf-16-le"
    declared = _DECLARATION.search(body[:400])
    names = [declared[1].decode() if declared else None, http_content_type_encoding(content_type), "utf-8"]
    multibyte = [name for name in map(_codec, names) if name and name not in _ANY_BYTES]
    yield from multibyte
    # a single-byte encoding fits every text, so it is believed only after those that can be wrong
    yield from [name for name in map(_codec, names) if name in _ANY_BYTES]


def _codec(name: str | None) -> str | None:
    if not name:
        return None
    resolved = resolve_encoding(name)
    if resolved is None or resolved.startswith("utf-16"):  # no UTF-16 without its mark was found above
        return None
    return codecs.lookup(resolved).name


#: Encodings in which (nearly) every sequence of bytes is text.
_ANY_BYTES = frozenset(
    {"cp1252", "iso8859-1", "cp437", "cp850", "koi8-r", "koi8-u", "mac-roman"}
    | {f"iso8859-{number}" for number in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16)}
    | {f"cp125{number}" for number in range(9)}
    | {"cp874", "tis-620", "cp866"}
)
