"""The sources' definitions in Valkey, where the scheduler publishes them: a crawl host needs no file of sources."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from pydantic import ValidationError
from redis import Redis

from schemas.source import Source
from schemas.store.keys import DEFINED


def publish(redis: Redis, sources: Iterable[Source]) -> None:
    """Make `sources`, the paused ones too, all that are defined."""
    with redis.pipeline(transaction=True) as pipe:
        pipe.delete(DEFINED)
        for source in sources:
            pipe.hset(DEFINED, source.id, orjson.dumps(source.model_dump()))
        pipe.execute()


def defined(redis: Redis, source_id: str) -> Source | None:
    """The definition of the source `source_id`."""
    kept = redis.hget(DEFINED, source_id)
    return _source(kept) if isinstance(kept, bytes) else None


def all_defined(redis: Redis) -> dict[str, Source]:
    """All definitions by id; one that an older or newer version wrote and we cannot read is left out."""
    kept: dict[Any, Any] = redis.hgetall(DEFINED)
    sources = (_source(each) for each in kept.values())
    return {source.id: source for source in sources if source}


def _source(kept: bytes) -> Source | None:
    try:
        return Source(**orjson.loads(kept))
    except ValidationError:
        return None
