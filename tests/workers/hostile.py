"""A callback that a hostile job names: leaves a file when somebody calls it."""

from __future__ import annotations

import os
from pathlib import Path


def touch(*_: object) -> None:
    Path(os.environ["HOSTILE_MARK"]).touch()
