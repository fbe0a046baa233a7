"""What deploy/ holds, read once for the tests: manifests, and the commands that processes are started with."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml
from click import Context, Group
from jsonschema import Draft7Validator, Draft202012Validator

from newsline.commands import main
from schemas.store.keys import CRAWL_QUEUE, PAGES_QUEUE

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
_SCHEMAS = Path(__file__).parent / "schemas"


def documents(path: Path) -> list[dict[str, Any]]:
    """The documents of a YAML file."""
    return [each for each in yaml.safe_load_all(path.read_text("utf-8")) if each]


def manifests() -> list[dict[str, Any]]:
    """All Kubernetes manifests."""
    return [each for path in sorted((DEPLOY / "kubernetes").glob("*.yaml")) for each in documents(path)]


def schema(name: str) -> Any:
    """A schema of others: `compose`, `kubernetes` or `keda` (renew.py says from where)."""
    return json.loads((_SCHEMAS / f"{name}.json").read_text("utf-8"))


def faults(document: Any, rules: Any) -> list[str]:
    """Where `document` is not as the schema `rules` says."""
    kind = Draft7Validator if "draft-07" in rules.get("$schema", "") else Draft202012Validator
    return [f"{'/'.join(map(str, error.path))}: {error.message}" for error in kind(rules).iter_errors(document)]


def command_fault(words: list[str]) -> str | None:
    """What is wrong with a command line of `newsline` or `rq`, by the code that would run; None when all is well."""
    program, *rest = words
    if program == "newsline":
        return _newsline_fault(rest)
    if rest == ["cron", "scrapers.cron"]:
        import_module("scrapers.cron")
        return None
    worker, option, kind, queue = rest
    module, _, name = kind.rpartition(".")
    if (program, worker, option) != ("rq", "worker", "--worker-class") or not hasattr(import_module(module), name):
        return f"not a worker: {words}"
    wanted = {"workers.worker.PageWorker": PAGES_QUEUE, "scrapers.worker.CrawlWorker": CRAWL_QUEUE}
    return None if wanted.get(kind) == queue else f"{kind} does not work on {queue}"


def _newsline_fault(words: list[str]) -> str | None:
    group: Any = main
    context = Context(group, info_name="newsline")
    while isinstance(group, Group):
        command = group.get_command(context, words[0])
        if command is None:
            return f"newsline has no command {words[0]!r}"
        group, words = command, words[1:]
    group.make_context(group.name, list(words), parent=context)  # raises what a user would read
    return None


def settings_named() -> Iterator[tuple[str, str]]:
    """Every NEWSLINE_ variable that a file of deploy/ names, with the file."""
    for path in sorted(DEPLOY.rglob("*")):
        if path.is_file() and path.parent.name != "secrets":
            for name in re.findall(r"\bNEWSLINE_[A-Z_]+\b", path.read_text("utf-8")):
                yield path.name, name
