"""What is remembered of an article: one small packed string in Valkey, written whole, that ages out by itself.

A Lua step reads it with `recall`, changes the table and writes it back with `keep`; nothing else touches it. Fields,
one letter each because there are millions of them, and absent where they would say nothing:

`r` revision and `h` content hash (bytes; none after a withdrawal) of the last line, `g`: that was a withdrawal.
`b` the name (bytes) of the URL that brought it, `o`: that was its canonical one, `k` its `url_key` where its URL does
not say that, `c` the id (bytes) of its cluster where that is not its own, empty for none (workers.clusters). Of an
address that an article moved to only `i`, the article's id.

As long as it is visited also `s` the name (bytes) of its source, `p` its place (URL and title, packed), `e` ETag or
`m` Last-Modified, `d` the name (bytes) of the page's body, `n` the unix time of its first line, `l` for a live blog and
`y` the pause (s) before its next visit, `x` visits in a row at which it was not there.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from hashlib import blake2b

from schemas.store.identity import digest
from schemas.urls.twins import twin_key

#: How long an article is remembered after it was last looked at (s): 400 days.
REMEMBER = 400 * 86400
#: Bytes that name a URL; a chance meeting of two would only hide a duplicate's line.
_NAME_BYTES = 8
#: Bytes that name a body; once in four thousand million changes of a page one would be taken for none.
_BODY_BYTES = 4
#: Bytes that name a source; one copy in 65,536 of an article under the very title would be no line of its own.
_SOURCE_BYTES = 2
#: Longest validator that is kept (bytes).
_LONGEST_VALIDATOR = 128
#: Deflate (RFC 1951) without header and checksum, in zlib's terms.
_DEFLATE = -15

#: Lua: `recall(key)` gives the table kept under the key, empty when there is none; `keep(key, table)` puts it back.
#: `hex(bytes)` is how names of bytes are written elsewhere, `raw(digits)` the other way.
MEMORY = f"""
local function recall(key)
  local kept = redis.call('GET', key)
  return kept and cmsgpack.unpack(kept) or {{}}
end
local function hex(bytes)
  return (string.gsub(bytes, '.', function(byte) return string.format('%02x', string.byte(byte)) end))
end
local function raw(digits)
  return (string.gsub(digits, '..', function(two) return string.char(tonumber(two, 16)) end))
end
local function keep(key, what) redis.call('SET', key, cmsgpack.pack(what), 'EX', {REMEMBER}) end
"""


def url_name(url: str) -> bytes:
    """The name of `url` and of all that lead to the same page (schemas.urls.twins)."""
    return bytes.fromhex(digest(twin_key(url)))[:_NAME_BYTES]


def source_name(source_id: str) -> bytes:
    """The name of a source."""
    return bytes.fromhex(digest(source_id))[:_SOURCE_BYTES]


def body_name(body: bytes) -> bytes:
    """The name of a page's body, by which it is known again."""
    return blake2b(body, digest_size=_BODY_BYTES).digest()


def pack_place(url: str, title: str) -> bytes:
    """URL and title, which are most of what is remembered, in about three quarters of their size."""
    return zlib.compress(f"{url}\n{title}".encode(), 9, wbits=_DEFLATE)


def unpack_place(packed: bytes) -> tuple[str, str]:
    """URL and title again."""
    url, _, title = zlib.decompress(packed, wbits=_DEFLATE).decode().partition("\n")
    return url, title


def validators(headers: Mapping[str, str]) -> dict[str, str]:
    """The field that says what to ask with the next time: an ETag goes before a date (RFC 9110, section 13.2.2)."""
    for field, header in (("e", "etag"), ("m", "last-modified")):
        value = headers.get(header)
        if value and len(value.encode()) <= _LONGEST_VALIDATOR:
            return {field: value}
    return {}
