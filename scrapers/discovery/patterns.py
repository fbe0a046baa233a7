"""A source's `include` and `exclude`: which URLs are candidates at all."""

from __future__ import annotations

from fnmatch import fnmatchcase

from schemas.source import Source


def wanted(url: str, source: Source) -> bool:
    """Whether `url` matches a pattern of `include` (any URL when there is none) and none of `exclude`.

    Patterns are those of the shell over the whole URL: `*` is any text, `?` one character, `[…]` a choice of them.
    """
    if any(fnmatchcase(url, pattern) for pattern in source.exclude):
        return False
    return not source.include or any(fnmatchcase(url, pattern) for pattern in source.include)
