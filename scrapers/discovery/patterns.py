"""Decide by a source's `include` and `exclude` whether a URL may be a candidate."""

from __future__ import annotations

from fnmatch import fnmatchcase

from schemas.source import Source


def wanted(url: str, source: Source) -> bool:
    """Return whether `url` matches a pattern of `include` (an empty list allows all) and no pattern of `exclude`.

    Patterns are shell patterns for the whole URL: `*` is any text, `?` a single character, `[…]` a set of characters.
    """
    if any(fnmatchcase(url, pattern) for pattern in source.exclude):
        return False
    return not source.include or any(fnmatchcase(url, pattern) for pattern in source.include)
