"""What workers learn of sites, shared through Valkey: a sample of each host's articles, drawn alike by all workers.

Of a host and month the articles with the smallest digests are kept, so that the sample, and what is learned from it,
does not depend on who came first, and never grows; this month's and the last one's count, and older ones end by
themselves. It is noted what a page shows by itself, so that nothing learned confirms itself.
It costs one round trip for each host of a batch, and one for the batch.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

import orjson
from redis import Redis

from schemas.store.keys import site_key
from workers.extraction.site_memory import UNKNOWN, SiteMemory, Trace, learn, rank

#: Articles in the sample of a host and month, and how long it is kept after the last of them (s): 62 days.
_SAMPLE = 48
_KEPT = 62 * 86400


class Sites:
    """What a batch knows and learns of the hosts of its pages."""

    def __init__(self, redis: Redis, now: datetime | None = None) -> None:
        self._redis = redis
        now = now or datetime.now(UTC)
        month = now.year * 12 + now.month - 1
        self._month, self._months = month, (month, month - 1)
        self._known: dict[str, SiteMemory] = {}
        self._traces: dict[str, dict[str, Trace]] = {}

    def of(self, url: str) -> SiteMemory:
        """What is known of the site of `url`, the same for all pages of the batch."""
        host = _host(url)
        if not host:
            return UNKNOWN
        if host not in self._known:
            with self._redis.pipeline(transaction=False) as pipe:
                for month in self._months:
                    pipe.zrange(site_key(host, month), 0, _SAMPLE - 1)
                samples = pipe.execute()
            articles = {}
            for member in (member for sample in samples for member in sample):
                article, trace = _read(member)
                articles[article] = trace
            closed = rank(_read(samples[0][-1])[0]) if len(samples[0]) == _SAMPLE else None
            self._known[host] = replace(learn(articles.values()), closed=closed)
        return self._known[host]

    def note(self, url: str, article: str, trace: Trace) -> None:
        """Remember what the article with the id `article` showed of the site of `url`."""
        if host := _host(url):
            self._traces.setdefault(host, {})[article] = trace

    def keep(self) -> None:
        """Share what the batch has noted."""
        if not self._traces:
            return
        with self._redis.pipeline(transaction=False) as pipe:
            for host, traces in self._traces.items():
                key = site_key(host, self._month)
                for article, trace in traces.items():
                    place = rank(article)
                    pipe.zremrangebyscore(key, place, place)  # what it showed when it was seen before
                    pipe.zadd(key, {_written(article, trace): place})
                pipe.zremrangebyrank(key, _SAMPLE, -1)
                pipe.expire(key, _KEPT)
            pipe.execute()
        self._traces.clear()


def _written(article: str, trace: Trace) -> bytes:
    """A member of the sample: what the article showed as a line of JSON, then its notes, four bytes each."""
    line: bytes = orjson.dumps([article, trace.ends, trace.image, trace.author])
    return line + b"\n" + struct.pack(f"<{len(trace.notes)}I", *trace.notes)


def _read(member: bytes) -> tuple[str, Trace]:
    line, _, notes = member.partition(b"\n")
    article, ends, image, author = orjson.loads(line)
    return article, Trace(tuple(ends), image, author, struct.unpack(f"<{len(notes) // 4}I", notes))


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
