"""Lua steps: what happens in Valkey as one, or not at all.

Sent as text each time (EVAL), not by digest: a server that was restarted knows no digests, and a transaction with
one would be half done. Valkey compiles a text once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from redis import Redis
from redis.client import Pipeline


class Script:
    """A Lua script; each is safe to run twice, for a client whose connection breaks cannot know whether it ran."""

    def __init__(self, redis: Redis, text: str) -> None:
        self._redis = redis
        self._text = text

    def __call__(
        self, keys: Sequence[str], args: Sequence[str | bytes | float] = (), client: Pipeline | None = None
    ) -> Any:
        """Run it, or add it to the pipeline `client`."""
        target = self._redis if client is None else client
        return target.eval(self._text, len(keys), *keys, *args)
