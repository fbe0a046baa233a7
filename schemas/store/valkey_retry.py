"""Calls to Valkey from the reactor: in a thread, and again until Valkey takes them.

Valkey may be away, loading, full (`noeviction`) or out of disk. Then everything waits and goes on by itself; nothing is
dropped. All our calls may be made twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 15.0

P = ParamSpec("P")
T = TypeVar("T")


async def retry_in_thread(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of `call`, made again with growing pauses (1 s to 15 s) while Valkey refuses it."""
    pause = _FIRST_PAUSE
    while True:
        try:
            return await asyncio.to_thread(call, *args, **kwargs)
        except RedisError as error:
            logger.warning("Valkey does not take it: %s; trying again in %.0f s", error, pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
