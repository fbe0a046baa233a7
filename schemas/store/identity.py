"""Who is who: the digests that name articles and their content, and whose page a page is.

An article's `id` is made from the address under which it was first seen, and stays. Rules, each with its line in the
tables of tests/schemas/test_identity.py:

* what is at a known address, or at one that an article moved to, is that article;
* a visit that leads to an address nobody knows has found the article's new address: it has moved;
* title and text of an article of the same source, while that is visited, at a new address: it has moved there, or
  stands in two places (workers/pages/emit.py, by its cluster);
* a visit that leads to the address of another article found two that are one now: nothing more is said of the first;
* a visit that leads to the home page or a list, or twice to nothing at all, found that the article was withdrawn.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Literal
from urllib.parse import urlsplit

from schemas.reject import RejectReason
from schemas.text import one_line
from schemas.urls.twins import names_one_thing, twin_key
from schemas.urls.words import SERVICE

#: Statuses that say that nothing is there (any more).
GONE_STATUS = frozenset({404, 410})
#: Visits in a row that find nothing before an article counts as withdrawn.
MOST_MISSED = 2
#: What may be read on a section page that stands in the place of an article that was taken away.
_NO_ARTICLE: frozenset[RejectReason | None] = frozenset({"listing", "not_article", "too_short", "empty"})

Absence = Literal["missing", "redirected"]

#: Lua: `whose(prefix, named, visited)`, the id of the article at the address with the id `named` when the article
#: `visited` (or '') was looked for, and how it is known: as `itself`, `moved` there, or `merged` with it. Needs
#: schemas.store.memory.MEMORY before it.
WHOSE = """
local function whose(prefix, named, visited)
  local id = recall(prefix .. named).i or named
  if visited == '' or visited == id then return id, 'itself' end
  if recall(prefix .. id).r then return id, 'merged' end
  return visited, 'moved'
end
"""


def digest(text: str) -> str:
    """32 hex digits of BLAKE2b (RFC 7693) over the UTF-8 of `text`."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def article_id(url_key: str) -> str:
    """The `id` of the article with this `url_key`: the same for ever."""
    return digest(url_key)


def content_hash(title: str, text: str) -> str:
    """What makes a revision: title and text, with white space collapsed."""
    return digest(f"{one_line(title)}\n{one_line(text)}")


def absence(url: str, status: int, landed: str, reason: RejectReason | None, *, denied: bool = False) -> Absence | None:
    """Whether the visit of an article at `url`, which ended with `status` at `landed`, found it absent.

    `reason` is that of the page's reject, None for an article; `denied`: the page itself says that nothing is there.
    `missing` may pass, `redirected` is the publisher's word.
    """
    if status in GONE_STATUS:
        return "missing"
    if _leads_away(twin_key(url), twin_key(landed), None if denied else reason):
        return "redirected"
    return "missing" if denied else None


def _leads_away(own: str, landed: str, reason: RejectReason | None) -> bool:
    """Whether a redirect from one twin key to another ends at a home page or a section."""
    parts = urlsplit(landed)
    if landed == own:
        return False
    if parts.path == "/" and not parts.query:
        return True
    if names_one_thing(parts) or parts.path.rpartition("/")[2] in SERVICE:  # a log-in says nothing about the article
        return reason == "listing"
    return own.startswith(f"{landed}/") or reason in _NO_ARTICLE
