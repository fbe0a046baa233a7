"""The one atomic step that makes a page count (ARCHITECTURE, step 5).

In one Lua script: nothing when the page is no longer pending (the job ran twice, or two ran at once); otherwise it is
decided whose page it is and which revision, the line goes to its stream, the books move, the next visit is put down,
and page and pending mark go.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import orjson
from redis import Redis

from schemas.article import ArticleDraft
from schemas.page import Page
from schemas.reject import Reject
from schemas.store.books import (
    DUPLICATES,
    EMITTED,
    PENDING_COUNT,
    UNCHANGED,
    UPDATED,
    WITHDRAWN,
    reject_counter,
)
from schemas.store.identity import MOST_MISSED, WHOSE, Absence, article_id
from schemas.store.keys import (
    ARTICLE_PREFIX,
    ARTICLES_STREAM,
    BLAME,
    PENDING,
    PENDING_BYTES,
    REJECTS_STREAM,
    article_key,
    books_key,
    frontier_key,
    page_key,
    visits_key,
)
from schemas.store.memory import MEMORY, body_name, pack_place, source_name, url_name, validators
from schemas.store.script import Script
from schemas.store.visits import AGAIN, SPREAD, Visit, ages_text
from schemas.urls.twins import twin_key
from schemas.urls.url_key import url_key
from workers.clusters.fingerprint import fingerprint
from workers.clusters.index import CLUSTER
from workers.pages.withdrawal import absence_of, led_away, withdrawn

#: Fields of an article's memory (schemas.store.memory) that each visit says anew, where it says anything.
_SEEN_ANEW = "emdl"


class Outcome(StrEnum):
    """What became of a page."""

    EMITTED = EMITTED
    UPDATED = UPDATED
    UNCHANGED = UNCHANGED
    DUPLICATE = DUPLICATES
    REJECTED = "rejected"
    #: The article that was looked for has been taken away: its last line says so.
    WITHDRAWN = WITHDRAWN
    #: The page had been dealt with before: a job that ran twice.
    AGAIN = "again"


# All scripts begin so: KEYS page pending pending_bytes books blame; ARGV page_id
_TAKE = f"""
local page, pending, bytes, books, blame = unpack(KEYS, 1, 5)
if redis.call('HDEL', pending, ARGV[1]) == 0 then return '{Outcome.AGAIN}' end
redis.call('DECRBY', bytes, redis.call('STRLEN', page))
redis.call('UNLINK', page)
redis.call('HINCRBY', books, '{PENDING_COUNT}', -1)
redis.call('HDEL', blame, ARGV[1])
"""

# KEYS … articles rejects visits; ARGV … id hash line by own duplicate visited key odd source fingerprint now ages
# spread, then name and value of what its visits need. `by` is the URL that was asked for, `own` whether the page came
# from the article's canonical address: the text of a twin never replaces that of the original. `key` is the article's
# `url_key`, `odd` that its URL does not say it. The article's own key is known only when it is known whose page it is.
# A new address with title and text of an article that its source still visits is that article: moved, or in two places.
_ARTICLE = (
    MEMORY
    + WHOSE
    + AGAIN
    + CLUSTER
    + _TAKE
    + f"""
local articles, rejects, visits = unpack(KEYS, 6, 8)
local named, hash, line, by, own, duplicate, visited, key, odd, source = unpack(ARGV, 2, 11)
local fingerprint, now, ages, spread = unpack(ARGV, 12, 15)
local prefix = '{ARTICLE_PREFIX}'

local function is_duplicate(of)
  redis.call('HINCRBY', books, '{Outcome.DUPLICATE}', 1)
  redis.call('XADD', rejects, '*', 'line', (string.gsub(duplicate, named, of)))
  return '{Outcome.DUPLICATE}'
end

local id, how = whose(prefix, named, visited)
if how == 'merged' then
  local other = recall(prefix .. visited)
  again(other, visited, visits, now, '', 0, 'same')
  keep(prefix .. visited, other)
  return is_duplicate(id)
end
if how == 'moved' then keep(prefix .. named, {{i = id}}) end

local article = recall(prefix .. id)
local before, known, gone = article.r, article.h, article.g
local its_key = (visited == id or id == named) and key or article.k
local twin = article.b and article.b ~= by and (known == hash or own == '0') or not its_key
if before and visited == '' and twin then
  if own == '1' and not article.o then article.b, article.o = by, 1 end
  keep(prefix .. id, article)
  return is_duplicate(id)
end
local its_cluster = known ~= hash and cluster(article, id, before, fingerprint, now)
if not before and visited == '' and its_cluster ~= id and its_cluster ~= '' then
  local other = recall(prefix .. its_cluster)
  if other.h == hash and other.s == source then
    keep(prefix .. named, {{i = its_cluster}})
    return is_duplicate(its_cluster)
  end
end
local outcome = known == hash and '{Outcome.UNCHANGED}' or before and '{Outcome.UPDATED}' or '{Outcome.EMITTED}'
redis.call('HINCRBY', books, outcome, 1)
if known ~= hash then
  article.r, article.h, article.b, article.g = (before or 0) + 1, hash, by, nil
  article.o = own == '1' and 1 or nil
  local entry = {{'revision', article.r, 'event', before and 'update' or 'new', 'line', line}}
  entry[7], entry[8] = 'cluster_id', its_cluster
  if id ~= named then
    for _, each in ipairs({{'id', id, 'url_key', its_key}}) do entry[#entry + 1] = each end
  end
  redis.call('XADD', articles, '*', unpack(entry))
  if ages ~= '' and (gone or not before) then article.n = article.n or tonumber(now) end
end
article.x = nil
if article.n and (known ~= hash or visited ~= '') then
  for field in string.gmatch('{_SEEN_ANEW}', '.') do article[field] = nil end
  for i = 16, #ARGV, 2 do article[ARGV[i]] = ARGV[i + 1] end
  article.s = source
  article.k = (odd == '1' or id ~= named) and its_key or nil
  again(article, id, visits, now, ages, spread, known == hash and 'same' or 'changed')
end
keep(prefix .. id, article)
return outcome
"""
)

# KEYS … rejects; ARGV … counter line
_REJECT = (
    _TAKE
    + f"""
redis.call('HINCRBY', books, ARGV[2], 1)
redis.call('XADD', KEYS[6], '*', 'line', ARGV[3])
return '{Outcome.REJECTED}'
"""
)

# KEYS … rejects articles article visits seen; ARGV … counter line id absence withdrawal now ages spread name: a visit
# that found no article. `absence` is empty when that says nothing about the article. A URL whose article is gone and
# is not visited any more may be found again: it counts as seen no longer.
_VISIT_IN_VAIN = (
    MEMORY
    + AGAIN
    + _TAKE
    + f"""
local rejects, articles, key, visits, seen = unpack(KEYS, 6, 10)
local counter, line, id, absence, withdrawal, now, ages, spread, name = unpack(ARGV, 2, 10)
local article = recall(key)
local gone, by = article.g, article.b
if absence == 'missing' then article.x = (article.x or 0) + 1 end
if absence ~= '' then article.e, article.m, article.d = nil, nil, nil end
local withdrawn = article.r and not gone and (absence == 'redirected' or (article.x or 0) >= {MOST_MISSED})
if withdrawn then
  article.r, article.h, article.g = article.r + 1, nil, 1
  redis.call('HINCRBY', books, '{Outcome.UPDATED}', 1)
  redis.call('HINCRBY', books, '{Outcome.WITHDRAWN}', 1)
  local group = article.c and hex(article.c) or id
  local entry = {{'revision', article.r, 'event', 'withdrawn', 'cluster_id', group, 'line', withdrawal}}
  redis.call('XADD', articles, '*', unpack(entry))
  again(article, id, visits, now, ages, spread, 'withdrawn')
else
  redis.call('HINCRBY', books, counter, 1)
  redis.call('XADD', rejects, '*', 'line', line)
  again(article, id, visits, now, ages, spread, absence == 'missing' and not gone and 'missing' or 'same')
end
if article.r then keep(key, article) end
if gone and not article.n then
  redis.call('ZREM', seen, name, by and hex(by) or name)
end
return withdrawn and '{Outcome.WITHDRAWN}' or '{Outcome.REJECTED}'
"""
)

# KEYS article; ARGV revision hash cluster id
_REMEMBER_ARTICLE = (
    MEMORY
    + """
local article, revision = recall(KEYS[1]), tonumber(ARGV[1])
if (article.r or 0) >= revision then return 0 end
article.r, article.h, article.g = revision, ARGV[2], nil
if ARGV[2] == '' then article.h, article.g = nil, 1 end
article.c = ARGV[3] ~= ARGV[4] and ARGV[3] or nil
keep(KEYS[1], article)
return 1
"""
)


class Emitter:
    """Emits records through one connection."""

    def __init__(self, redis: Redis) -> None:
        self._article = Script(redis, _ARTICLE)
        self._reject = Script(redis, _REJECT)
        self._visit_in_vain = Script(redis, _VISIT_IN_VAIN)
        self._remember = Script(redis, _REMEMBER_ARTICLE)

    def emit(self, page: Page, record: ArticleDraft | Reject) -> Outcome:
        """Make `record` the end of `page`.

        An article that another URL brought is a duplicate, unless this is its canonical address with a new text. What a
        visit found is the article's next revision, or nothing new.
        """
        absence = absence_of(page, record)
        if absence and isinstance(record, ArticleDraft):
            record = led_away(page)
        if isinstance(record, ArticleDraft):
            return self._emit_article(page, record)
        if page.visit:
            return self._emit_nothing(page, page.visit, record, absence)
        return self.reject(record)

    def reject(self, record: Reject) -> Outcome:
        """Make `record` the end of its page, whatever led to it."""
        line = orjson.dumps(record.model_dump())
        args: list[str | bytes | float] = [record.page_id, reject_counter(record.reason), line]
        return Outcome(
            self._reject(keys=[*_keys(record.page_id, record.source_id), REJECTS_STREAM], args=args).decode()
        )

    def _emit_article(self, page: Page, article: ArticleDraft) -> Outcome:
        own = twin_key(article.url) == twin_key(article.url_key)
        visit = page.visit
        key = (visit.key or url_key(visit.url)) if visit else article.url_key
        odd = article_id(url_key(article.url)) != (visit.id if visit else article.id)
        kept: dict[str, str | bytes] = {"p": pack_place(article.url, article.title), **validators(page.headers)}
        if not page.further:
            kept["d"] = body_name(page.body)
        if article.kind == "live":
            kept["l"] = "1"
        args: list[str | bytes | float] = [
            *(page.page_id, article.id, bytes.fromhex(article.content_hash), orjson.dumps(article.model_dump())),
            *(url_name(page.requested_url), int(own), orjson.dumps(_duplicate(page, article).model_dump())),
            *(visit.id if visit else "", key, int(odd), source_name(page.source_id)),
            *(fingerprint(article.text), *_times(page)),
            *(each for pair in kept.items() for each in pair),
        ]
        keys = [*_keys(page.page_id, page.source_id), ARTICLES_STREAM, REJECTS_STREAM, visits_key(page.source_id)]
        return Outcome(self._article(keys=keys, args=args).decode())

    def _emit_nothing(self, page: Page, visit: Visit, reject: Reject, absence: Absence | None) -> Outcome:
        keys = [
            *(*_keys(page.page_id, page.source_id), REJECTS_STREAM, ARTICLES_STREAM),
            *(article_key(visit.id), visits_key(page.source_id), frontier_key(page.source_id, "seen")),
        ]
        line = orjson.dumps(withdrawn(page, visit, absence).model_dump()) if absence else b""
        args: list[str | bytes | float] = [
            *(page.page_id, reject_counter(reject.reason), orjson.dumps(reject.model_dump()), visit.id, absence or ""),
            *(line, *_times(page), url_name(visit.url).hex()),
        ]
        return Outcome(self._visit_in_vain(keys=keys, args=args).decode())

    def remember(self, records: Iterable[dict[str, Any]]) -> int:
        """Give Valkey back what a feed says of articles, where it knows less; returns how often it did."""
        restored = 0
        for each in records:
            known = b"" if each["event"] == "withdrawn" else bytes.fromhex(each["content_hash"])
            args = [each["revision"], known, bytes.fromhex(each["cluster_id"] or ""), bytes.fromhex(each["id"])]
            restored += int(self._remember(keys=[article_key(each["id"])], args=args))
        return restored


def _keys(page_id: str, source_id: str) -> list[str]:
    return [page_key(page_id), PENDING, PENDING_BYTES, books_key(source_id), BLAME]


def _times(page: Page) -> tuple[float, str, float]:
    """Now, the ages at which the article is visited, and how far this visit is spread."""
    return time.time(), ages_text(page.revisit), random.uniform(0.0, SPREAD)


def _duplicate(page: Page, article: ArticleDraft) -> Reject:
    """The reject of a page whose article another URL brought."""
    return Reject(
        page_id=page.page_id,
        url=article.url,
        source_id=page.source_id,
        fetched_at=article.fetched_at,
        reason="duplicate",
        detail=f"the article {article.id}, {article.url_key}",
    )
