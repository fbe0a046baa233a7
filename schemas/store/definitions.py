"""Definitions of the sources in Valkey, published by the scheduler: a crawl host needs no file of sources."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from redis import Redis

from schemas.source import Source
from schemas.store.keys import DEFINED


def publish(redis: Redis, sources: Iterable[Source]) -> None:
    """Replace all definitions by `sources`, which include paused sources."""
    with redis.pipeline(transaction=True) as pipe:
        pipe.delete(DEFINED)
        for source in sources:
            pipe.hset(DEFINED, source.id, orjson.dumps(source.model_dump()))
        pipe.execute()


def defined(redis: Redis, source_id: str) -> Source | None:
    """Return the definition of the source `source_id`, None when there is no readable definition."""
    stored = redis.hget(DEFINED, source_id)
    return _source(stored) if isinstance(stored, bytes) else None


def all_defined(redis: Redis) -> dict[str, Source]:
    """Return all definitions by id, without unreadable definitions of an older or newer version."""
    stored: dict[Any, Any] = redis.hgetall(DEFINED)
    sources = (_source(definition) for definition in stored.values())
    return {source.id: source for source in sources if source}


def _source(definition: bytes) -> Source | None:
    try:
        return Source(**orjson.loads(definition))
    except (ValueError, TypeError):  # no JSON, no object, or not the fields of a source
        return None
