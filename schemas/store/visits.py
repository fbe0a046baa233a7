"""Visits: an article is fetched again at certain ages, and what was remembered of it for that.

When one is due stands in a sorted set for each source, and is decided anew in the step that ends a visit: the next of
the source's ages that is still to come, so visits that a long pause made late are one. A live blog is visited more
often while it changes. With the last visit all that was kept for visits goes. The same step tells the scheduler when
to look at the source.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from redis import Redis

from schemas.process.settings import Settings, duration
from schemas.record import Hex32, Record
from schemas.source import Source
from schemas.store.keys import VISITING, VISITS_PREFIX, visits_key
from schemas.store.memory import unpack_place

#: Visits of one age are spread over this much of it.
SPREAD = 0.1
#: How many visits a changing live blog gets in the time to the first ordinary one.
_LIVE = 12
#: The fields of an article's memory that end with its last visit.
_FOR_VISITS = "spemdnlyx"
#: Longest time (s) in which visits that come due gather: a crawl for each would be a process for each.
_GATHER = 300.0
#: Visits that nobody asks for are forgotten after their time (s): the source is not crawled any more.
_KEEP = 30 * 86400

#: Lua: `again(article, id, visits, now, ages, spread, found)` says when the article whose table `article` is (see
#: schemas.store.memory) is visited next; the caller keeps the table. `ages` are seconds, ascending, parted by spaces;
#: `spread` is a share of an age; `found` is `changed`, `same`, `missing` (looked for once more soon) or `withdrawn`
#: (once more at the last, for it may come back). Nothing happens to an article that has had its last visit.
AGAIN = f"""
local function again(article, id, visits, now, ages, spread, found)
  if not article.n then return end
  now, spread = tonumber(now), tonumber(spread)
  local first, last, due
  for each in string.gmatch(ages, '%S+') do
    last = tonumber(each)
    first = first or last
    if not due and article.n + last > now then due = article.n + last * (1 + spread) end
  end
  local function not_after(wait) due = math.min(due or math.huge, now + wait * (1 + spread)) end
  if first and article.l then
    article.y = found == 'changed' and first / {_LIVE} or (article.y or first / {_LIVE}) * 2
    if article.y < first then not_after(article.y) end
  end
  if first and found == 'missing' then not_after(first) end
  if first and found == 'withdrawn' and not due then not_after(last) end
  if due then
    redis.call('ZADD', visits, due, raw(id))
    local latest = redis.call('ZRANGE', visits, -1, -1, 'WITHSCORES')[2]
    redis.call('EXPIREAT', visits, math.ceil(tonumber(latest)) + {_KEEP})
    redis.call('ZADD', '{VISITING}', 'LT', due, string.sub(visits, {len(VISITS_PREFIX) + 1}))
  else
    redis.call('ZREM', visits, raw(id))
    for field in string.gmatch('{_FOR_VISITS}', '.') do article[field] = nil end
  end
end
"""


class Visit(Record):
    """An article that is fetched again: what is known of it."""

    id: Hex32
    url: str
    #: Its `url_key` where that is not the one of `url`: it has moved, or goes by its canonical address.
    key: str | None = None
    title: str
    etag: str | None = None
    modified: str | None = None
    #: The digest of the body that its page had, as far as it goes.
    body: str | None = None
    #: Its `content_hash`; None when its last line said that it was withdrawn.
    hash: str | None = None

    @classmethod
    def of(cls, said: dict[str, Any]) -> Visit:
        """The visit as the frontier keeps it; fresh from Valkey, its place is still packed."""
        if packed := said.pop("place", None):
            said["url"], said["title"] = unpack_place(bytes.fromhex(packed))
        return cls(**said)


def ages(source: Source, settings: Settings) -> list[float]:
    """The ages (s) at which articles of `source` are fetched again, ascending."""
    return sorted(settings.revisit if source.revisit is None else map(duration, source.revisit))


def gathering(of: Sequence[float]) -> float:
    """How long (s) visits of a source that come due are gathered before they are made: none waits for long."""
    return min(_GATHER, of[0] / _LIVE) if of else _GATHER


def ages_text(of: Sequence[float]) -> str:
    """Ages as `again` takes them."""
    return " ".join(f"{age:g}" for age in of)


def next_visit(redis: Redis, source_id: str) -> float | None:
    """The unix time at which the next article of the source is to be fetched again; None when there is none."""
    first: list[Any] = redis.zrange(visits_key(source_id), 0, 0, withscores=True)
    return first[0][1] if first else None
