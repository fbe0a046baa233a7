"""Lua scripts: several commands, run by Valkey together or not at all. Each script is a `.lua` file.

Scripts are sent as text (EVAL) and not by digest (EVALSHA): a restarted server has forgotten all digests, and a
transaction with an unknown digest stops half done. Valkey compiles a text only once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.resources import files
from typing import Any

from redis import Redis
from redis.client import Pipeline

_CONSTANT = re.compile(r"\$\{([A-Z_]+)\}")
_COMMENT_OR_EMPTY = re.compile(r"^[ \t]*(--.*)?\n", re.MULTILINE)


class LuaFile:
    """A `.lua` file of a Python package, the included files with functions, and the constants.

    `${NAME}` in the file stands for the constant NAME. The file is read when `text` is first used.
    """

    def __init__(self, package: str, name: str, includes: Sequence[LuaFile] = (), **constants: str | float) -> None:
        self._package = package
        self._name = name
        self._includes = includes
        self._constants = constants

    @cached_property
    def text(self) -> str:
        """The script as sent to Valkey: included files first, each file once, without lines of comment.

        Raises:
            ValueError: the file names other constants than Python gives.
        """
        return "".join(lua._own_text for lua in dict.fromkeys(self._with_includes()))

    def _with_includes(self) -> Iterator[LuaFile]:
        for included in self._includes:
            yield from included._with_includes()
        yield self

    @cached_property
    def _own_text(self) -> str:
        path = files(self._package).joinpath(f"{self._name}.lua")
        code = _COMMENT_OR_EMPTY.sub("", path.read_text("utf-8"))
        if unmatched := set(_CONSTANT.findall(code)) ^ self._constants.keys():
            raise ValueError(
                f"{path}: constants given by Python or named by the file, but not both: {', '.join(sorted(unmatched))}"
            )
        return _CONSTANT.sub(lambda match: str(self._constants[match[1]]), code)


class Script:
    """A Lua script on a server. A client with a broken connection sends a script twice: all are safe to run twice."""

    def __init__(self, redis: Redis, lua: LuaFile) -> None:
        self._redis = redis
        self._text = lua.text

    def __call__(
        self, keys: Sequence[str], args: Sequence[str | bytes | float] = (), client: Pipeline | None = None
    ) -> Any:
        """Run the script and return the answer, or add the script to the pipeline `client`."""
        target = self._redis if client is None else client
        return target.eval(self._text, len(keys), *keys, *args)
