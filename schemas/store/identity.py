"""Identity: the digests of articles and of their content, and the rules by which a page belongs to an article.

An article's `id` is made from the address under which the article was first seen, and never changes. The rules, each
with a row in the tables of tests/schemas/test_identity.py:

1. A page at an article's address, or at an address to which the article moved, belongs to the article.
2. A visit leads to an address without an article: the article moved to this address.
3. A page at a new address has title and text of an article with visits to come, of the same source: the article
   moved, or stands in two places (workers/pages/emit.py, by the article's cluster).
4. A visit leads to the address of another article: the two were merged, and the first gets no more lines.
5. A visit leads to the home page or a list, or two visits in a row find nothing: the article was withdrawn.
"""

from __future__ import annotations

from enum import StrEnum
from urllib.parse import urlsplit

from schemas.digest import digest
from schemas.reject import RejectReason
from schemas.store.memory import MEMORY_LUA
from schemas.store.script import LuaFile
from schemas.text import one_line
from schemas.urls.twins import names_article, twin_key
from schemas.urls.words import SERVICE

#: Statuses of an address without a page.
GONE_STATUS = frozenset({404, 410})
#: Visits in a row without the article after which the article counts as withdrawn.
MOST_MISSED = 2
#: Results of reading a section page in the place of a withdrawn article.
_NO_ARTICLE: frozenset[RejectReason | None] = frozenset({"listing", "not_article", "too_short", "empty"})

#: Lua library: `whose`.
IDENTITY_LUA = LuaFile(__package__, "identity", includes=(MEMORY_LUA,))


class Absence(StrEnum):
    """A visit's finding: the article is not there."""

    #: Nothing is there; the article may come back.
    MISSING = "missing"
    #: The publisher redirects from the article to a list or the home page: the article was taken away.
    REDIRECTED = "redirected"


def article_id(url_key: str) -> str:
    """Return the `id` of the article with this `url_key`: the same for ever."""
    return digest(url_key)


def content_hash(title: str, text: str) -> str:
    """Return the digest of title and text, white space collapsed; a new digest is a new revision."""
    return digest(f"{one_line(title)}\n{one_line(text)}")


def absence(url: str, status: int, landed: str, reason: RejectReason | None, *, denied: bool = False) -> Absence | None:
    """Decide whether a visit of the article at `url` found the article absent; return None when not.

    Args:
        status: the answer's status.
        landed: the URL after all redirects.
        reason: the reason of the page's reject, None for an article.
        denied: the page reads like a 404 page (schemas.reject.MissingPageReject).
    """
    if status in GONE_STATUS:
        return Absence.MISSING
    if _leads_away(twin_key(url), twin_key(landed), None if denied else reason):
        return Absence.REDIRECTED
    return Absence.MISSING if denied else None


def _leads_away(own: str, landed: str, reason: RejectReason | None) -> bool:
    """Return whether a redirect from the twin key `own` to the twin key `landed` ends at a home page or a section."""
    parts = urlsplit(landed)
    if landed == own:
        return False
    if parts.path == "/" and not parts.query:
        return True
    if names_article(parts) or parts.path.rpartition("/")[2] in SERVICE:  # a log-in page proves nothing
        return reason == "listing"
    return own.startswith(f"{landed}/") or reason in _NO_ARTICLE
