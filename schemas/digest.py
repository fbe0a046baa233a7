"""The digest that names articles, URLs and sources."""

from __future__ import annotations

from hashlib import blake2b


def digest(text: str) -> str:
    """Return 32 hexadecimal digits of BLAKE2b (RFC 7693) over the UTF-8 of `text`."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
