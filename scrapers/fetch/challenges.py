"""Recognise captcha and challenge pages of bot walls by the table in challenges.toml.

Challenges are reported and respected, never solved.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files

from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

#: Greatest length of a wall's page (bytes); a longer page may embed the wall's script beside an article.
_LONGEST_WALL = 32 * 1024


class ChallengeError(IgnoreRequest):
    """A bot wall answered in the place of the site."""


@dataclass(frozen=True)
class _Wall:
    name: str
    header: str | None = None
    value: str = ""
    page: tuple[str, ...] = ()

    def stands(self, response: Response) -> bool:
        if self.header:
            value = (response.headers.get(self.header) or b"").decode("latin-1")
            return value.strip().lower() == self.value
        return all(string.encode() in response.body for string in self.page)


def _walls() -> list[_Wall]:
    table = tomllib.loads(files(__package__).joinpath("challenges.toml").read_text(encoding="utf-8"))
    return [_Wall(**{**row, "page": tuple(row.get("page", ()))}) for row in table["wall"]]


_BY_HEADER = [wall for wall in _walls() if wall.header]
_BY_PAGE = [wall for wall in _walls() if wall.page]


def challenger(response: Response) -> str | None:
    """Return the name of the wall with the answer `response`, or None for an answer of the site."""
    walls = _BY_HEADER if len(response.body) > _LONGEST_WALL else [*_BY_HEADER, *_BY_PAGE]
    for wall in walls:
        if wall.stands(response):
            return wall.name
    return None
