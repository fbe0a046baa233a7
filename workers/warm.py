"""Preload a worker process on import, before the first fork. RQ's own workers do so by `rq worker -c workers.warm`."""

from __future__ import annotations

import workers.jobs  # noqa: F401
from workers.pages.preload import preload

preload()
