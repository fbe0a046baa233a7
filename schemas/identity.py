"""Who is who: the digests that name articles and their content."""

from __future__ import annotations

from hashlib import blake2b

from schemas.text import one_line


def digest(text: str) -> str:
    """32 hex digits of BLAKE2b (RFC 7693) over the UTF-8 of `text`."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def article_id(url_key: str) -> str:
    """The `id` of the article with this `url_key`: the same for ever."""
    return digest(url_key)


def content_hash(title: str, text: str) -> str:
    """What makes a revision: title and text, with white space collapsed."""
    return digest(f"{one_line(title)}\n{one_line(text)}")
