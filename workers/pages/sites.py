"""Share a sample of each host's articles through Valkey, from which all workers learn the same about a site.

1. The sample of a host and month holds the articles with the smallest digests: the sample depends neither on the order
   of the pages nor on the worker, and has a fixed size.
2. Workers learn from the samples of this month and last month; older samples expire.
3. A trace holds the page's own signs, read without the site's memory, so that no learned rule confirms itself.

Cost: a round trip to Valkey for each host of a batch, and a further round trip for the batch.
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

#: Articles in the sample of a host and month.
_SAMPLE = 48
#: Seconds after which an unchanged sample expires: 62 days.
_EXPIRY = 62 * 86400


class Sites:
    """The memories of the sites of a batch, and the traces of the batch's articles."""

    def __init__(self, redis: Redis, now: datetime | None = None) -> None:
        self._redis = redis
        now = now or datetime.now(UTC)
        month = now.year * 12 + now.month - 1
        self._month, self._months = month, (month, month - 1)
        self._memories: dict[str, SiteMemory] = {}
        self._traces: dict[str, dict[str, Trace]] = {}

    def of(self, url: str) -> SiteMemory:
        """Return the memory of the site of `url`, the same for all pages of the batch."""
        host = _host(url)
        if not host:
            return UNKNOWN
        if host not in self._memories:
            with self._redis.pipeline(transaction=False) as pipe:
                for month in self._months:
                    pipe.zrange(site_key(host, month), 0, _SAMPLE - 1)
                samples = pipe.execute()
            traces = {}
            for member in (member for sample in samples for member in sample):
                article_id, trace = _unpack(member)
                traces[article_id] = trace
            closed = rank(_unpack(samples[0][-1])[0]) if len(samples[0]) == _SAMPLE else None
            self._memories[host] = replace(learn(traces.values()), closed=closed)
        return self._memories[host]

    def note(self, url: str, article_id: str, trace: Trace) -> None:
        """Collect the trace of an article on the site of `url`."""
        if host := _host(url):
            self._traces.setdefault(host, {})[article_id] = trace

    def keep(self) -> None:
        """Write the batch's traces to the samples in Valkey."""
        if not self._traces:
            return
        with self._redis.pipeline(transaction=False) as pipe:
            for host, traces in self._traces.items():
                key = site_key(host, self._month)
                for article_id, trace in traces.items():
                    score = rank(article_id)
                    pipe.zremrangebyscore(key, score, score)  # the article's earlier trace
                    pipe.zadd(key, {_pack(article_id, trace): score})
                pipe.zremrangebyrank(key, _SAMPLE, -1)
                pipe.expire(key, _EXPIRY)
            pipe.execute()
        self._traces.clear()


def _pack(article_id: str, trace: Trace) -> bytes:
    """Return a member of the sample: a line of JSON with id and trace, then the trace's notes, four bytes each."""
    line: bytes = orjson.dumps([article_id, trace.ends, trace.image, trace.author])
    return line + b"\n" + struct.pack(f"<{len(trace.notes)}I", *trace.notes)


def _unpack(member: bytes) -> tuple[str, Trace]:
    line, _, notes = member.partition(b"\n")
    article_id, ends, image, author = orjson.loads(line)
    return article_id, Trace(tuple(ends), image, author, struct.unpack(f"<{len(notes) // 4}I", notes))


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
