"""Count calls of functions, under every name that a loaded module has for a function."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest


def count(
    monkeypatch: pytest.MonkeyPatch,
    counts: Counter[str],
    name: str,
    *functions: Callable[..., Any],
    where: Callable[..., bool] = lambda *_, **__: True,
) -> None:
    """Count calls of `functions` in `counts` under `name`, only where `where` returns true; the functions still run."""

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def counts_and_does(*args: Any, **options: Any) -> Any:
            counts[name] += where(*args, **options)
            return function(*args, **options)

        return counts_and_does

    instead = {id(function): counted(function) for function in functions}
    for module in list(sys.modules.values()):
        if not module.__name__.startswith("tests."):
            for attribute, value in list(vars(module).items()):
                if id(value) in instead:
                    monkeypatch.setattr(module, attribute, instead[id(value)])
