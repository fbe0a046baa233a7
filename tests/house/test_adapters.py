"""The adapters of libraries that we know by their insides: each inner name that an adapter relies on is still there.

An adapter lists these names in `INNER_NAMES`, as `module:Name` or `module:Class.attribute`. The list is read without
importing the adapter, so that a name that is gone is named here and not hidden in an ImportError.
"""

from __future__ import annotations

import ast
import inspect
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: The adapter of each library, by the name of its distribution.
ADAPTERS = {
    "trafilatura": "workers/extraction/body/trafilatura_adapter.py",
    "rq": "schemas/process/rq_adapter.py",
    "scrapy": "scrapers/fetch/scrapy_adapter.py",
}


def inner_names(adapter: Path) -> list[str]:
    """Read `INNER_NAMES` from the text of `adapter`."""
    for node in ast.parse(adapter.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["INNER_NAMES"]:
            return list(ast.literal_eval(node.value))
    raise AssertionError(f"{adapter} lists no INNER_NAMES")


def is_there(name: str) -> bool:
    """Return whether `module:Name` or `module:Class.attribute` exists; attributes may be set on instances only."""
    module, _, path = name.partition(":")
    try:
        holder: object = import_module(module)
    except ImportError:
        return False
    for part in path.split("."):
        if not hasattr(holder, part):
            return inspect.isclass(holder) and is_set_on_instances(holder, part)
        holder = getattr(holder, part)
    return True


def is_set_on_instances(kind: type, attribute: str) -> bool:
    """Return whether the code of `kind` or of a base class sets or declares `attribute`."""
    sources = (inspect.getsource(base) for base in kind.__mro__ if base.__module__ != "builtins")
    return any(f"self.{attribute}" in source or f"\n    {attribute}:" in source for source in sources)


@pytest.mark.parametrize("library", ADAPTERS)
def test_the_inner_names_of_a_library_are_there(library: str) -> None:
    names = inner_names(ROOT / ADAPTERS[library])
    assert names
    missing = [name for name in names if not is_there(name)]
    assert missing == [], f"{library} {version(library)} lacks inner names that {ADAPTERS[library]} uses"


def test_a_name_that_is_gone_is_found_out() -> None:
    assert is_there("rq.worker:Worker.bootstrap")
    assert is_there("rq.worker:Worker.job_monitoring_interval")  # set on instances only
    assert not is_there("rq.worker:Worker.no_such_method")
    assert not is_there("rq.no_such_module:Worker")
