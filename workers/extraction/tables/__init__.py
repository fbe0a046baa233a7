"""Tables of knowledge, by language, each with its source; read once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any


@cache
def table(name: str) -> dict[str, Any]:
    """The table `name`.toml of this package."""
    return tomllib.loads((resources.files(__package__) / f"{name}.toml").read_text(encoding="utf-8"))


def any_of(words: Iterable[str]) -> str:
    """A regular expression's group for any of `words`, the longest first; they stand for themselves."""
    return f"(?:{'|'.join(map(re.escape, sorted(words, key=len, reverse=True)))})"
