"""Every regular expression of ours takes linear time, whatever text it is given.

The test finds the patterns (globals, class attributes, containers, cached functions without arguments, literals in
calls of `re`), grows texts against each from the pattern's own syntax tree, and doubles each text until the search
takes 50 ms of CPU time. A linear pattern takes a few nanoseconds a character and never comes so far. For the others
the growth decides: twice the text takes at most three times as long.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import itertools
import math
import pkgutil
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import regex

PACKAGES = ("newsline", "scrapers", "workers", "schemas")
ROOT = Path(__file__).parents[2]
#: Texts are doubled up to this length (characters), while the search takes less than this CPU time (seconds).
_LONGEST, _ENOUGH = 1 << 13, 0.05
#: From here on a text is doubled; shorter texts grow by four, since exponential patterns hang at 40 characters.
_FIRST = 48
#: A text that takes this power of its length, or more, is no linear text. Quadratic patterns have 2.
_MOST_GROWTH = 1.75
#: Most texts for a pattern.
_MOST_TEXTS = 200
#: A repetition with a bound up to this is no loop, for the texts that are grown.
_LOOP = 12

Pattern = Any  # of `re` or of `regex`, which has no types
#: Patterns for texts whose length is bounded where they are called (characters): the text grows up to the bound only.
BOUNDED: dict[str, int] = {}


# -- the patterns --------------------------------------------------------------------------------------------------


def modules() -> list[Any]:
    """Import all modules of ours."""
    names = []
    for package in PACKAGES:
        root = importlib.import_module(package)
        names += [info.name for info in pkgutil.walk_packages(root.__path__, f"{package}.")]
    skipped = {"newsline.__main__", "scrapers.cron"}  # run when imported
    if importlib.util.find_spec("scrapy_playwright") is None:
        skipped.add("scrapers.fetch.render")  # needs the extra `render`
    return [importlib.import_module(name) for name in names if name not in skipped]


def _within(value: object, name: str, depth: int) -> Iterator[tuple[str, Pattern]]:
    """Yield the patterns in `value`, a container or an object of ours."""
    if isinstance(value, re.Pattern | regex.Pattern):
        yield name, value
    elif depth == 0:
        return
    elif isinstance(value, dict):
        for number, inner in enumerate(itertools.chain(value, value.values())):
            yield from _within(inner, f"{name}[{number}]", depth - 1)
    elif isinstance(value, list | tuple | set | frozenset):
        for number, inner in enumerate(value):
            yield from _within(inner, f"{name}[{number}]", depth - 1)
    elif type(value).__module__.split(".")[0] in PACKAGES:
        slots = {slot: getattr(value, slot, None) for slot in getattr(type(value), "__slots__", ())}
        for key, inner in {**slots, **getattr(value, "__dict__", {})}.items():
            yield from _within(inner, f"{name}.{key}", depth - 1)


def _of_module(module: Any) -> Iterator[tuple[str, Pattern]]:
    for key, value in vars(module).items():
        name = f"{module.__name__}:{key}"
        if inspect.isclass(value) and value.__module__ == module.__name__:
            for attribute, inner in vars(value).items():
                yield from _within(inner, f"{name}.{attribute}", 3)
        elif hasattr(value, "cache_info") and value.__module__ == module.__name__:
            if not inspect.signature(value).parameters:
                yield from _within(value(), f"{name}()", 4)
        elif not inspect.ismodule(value) and not callable(value):
            yield from _within(value, name, 4)


def _literals(module: Any) -> Iterator[tuple[str, Pattern]]:
    """Yield the patterns that stand as literals in calls: `re.search("…", text)`."""
    if not module.__file__ or not module.__file__.endswith(".py"):
        return
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        holder, first = node.func.value, node.args[0]
        if isinstance(holder, ast.Name) and holder.id in ("re", "regex") and isinstance(first, ast.Constant):
            flags = [ast.unparse(part) for part in node.args[1:] + [k.value for k in node.keywords]]
            value = sum(getattr(re, part[3:]) for text in flags for part in text.split(" | ") if part.startswith("re."))
            maker: Any = re if holder.id == "re" else regex
            yield f"{module.__name__}:line {node.lineno}", maker.compile(first.value, value)


def patterns() -> dict[str, Pattern]:
    """Return all patterns of ours by their place, each once."""
    found: dict[tuple[object, int], tuple[str, Pattern]] = {}
    for module in modules():
        for name, pattern in itertools.chain(_of_module(module), _literals(module)):
            found.setdefault((pattern.pattern, pattern.flags), (name, pattern))
    return dict(found.values())


# -- texts against a pattern -------------------------------------------------------------------------------------------


def _parsed(pattern: Pattern) -> Any:
    """Return the syntax tree of `pattern`; None for syntax that only `regex` knows."""
    text = pattern.pattern
    if isinstance(pattern, regex.Pattern):
        text = re.sub(r"\\p\{[^}]*\}|\\P\{[^}]*\}", "[a-z]", text)
        text = re.sub(r"\[((?:[^\]\\]|\\.)*)\]", lambda match: "[" + match[1].replace("[a-z]", "a-z") + "]", text)
    try:
        return re._parser.parse(text, pattern.flags & (re.I | re.M | re.S | re.X | re.A))  # type: ignore[attr-defined]
    except (re.error, ValueError, TypeError):
        return None


def _character(items: Any, turn: int) -> str:
    """Return a character of the class `items`."""
    sample = "a1 -_.,:/@\n<(é中"
    matching = [c for c in sample if _in_class(items, c)]
    for operator, value in items:
        name = str(operator)
        if name == "LITERAL":
            matching.append(chr(value))
        elif name == "RANGE":
            matching.append(chr(value[0]))
    return matching[turn % len(matching)] if matching else "a"


def _in_class(items: Any, character: str) -> bool:
    negated = bool(items) and str(items[0][0]) == "NEGATE"
    code = ord(character)
    inside = False
    for operator, value in items:
        match str(operator):
            case "LITERAL":
                inside |= code == value
            case "RANGE":
                inside |= value[0] <= code <= value[1]
            case "CATEGORY":
                inside |= _in_category(str(value), character)
    return inside != negated


def _in_category(name: str, character: str) -> bool:
    kind = name.removeprefix("CATEGORY_").removeprefix("NOT_")
    test: Callable[[str], bool] = {
        "DIGIT": str.isdigit,
        "SPACE": str.isspace,
        "WORD": lambda c: c.isalnum() or c == "_",
    }.get(kind, lambda _: False)
    return test(character) != ("NOT_" in name)


def _sample(sequence: Any, turn: int, most: int = 1) -> str:
    """Return a text for the nodes `sequence`: branches by `turn`, repetitions `most` times at most."""
    out = []
    for operator, value in sequence:
        match str(operator):
            case "LITERAL":
                out.append(chr(value))
            case "NOT_LITERAL":
                out.append("a" if value != ord("a") else "b")
            case "ANY":
                out.append(".")
            case "IN":
                out.append(_character(value, turn))
            case "BRANCH":
                out.append(_sample(value[1][turn % len(value[1])], turn, most))
            case "SUBPATTERN":
                out.append(_sample(value[3], turn, most))
            case "ATOMIC_GROUP":
                out.append(_sample(value, turn, most))
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                out.append(_sample(value[2], turn, most) * max(value[0], min(most, value[1])))
    return "".join(out)


def _sequences(sequence: Any) -> Iterator[Any]:
    """Yield `sequence`, and all sequences inside."""
    yield sequence
    for operator, value in sequence:
        match str(operator):
            case "BRANCH":
                for branch in value[1]:
                    yield from _sequences(branch)
            case "SUBPATTERN":
                yield from _sequences(value[3])
            case "ATOMIC_GROUP":
                yield from _sequences(value)
            case "ASSERT" | "ASSERT_NOT":
                yield from _sequences(value[1])
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                yield from _sequences(value[2])


def _is_loop(node: Any) -> bool:
    return str(node[0]) in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT") and int(node[1][1]) > _LOOP


def attacks(pattern: Pattern) -> list[tuple[str, str, str]]:
    """Return prefixes, pumps (the part to repeat) and suffixes against `pattern`."""
    tree = _parsed(pattern)
    texts: dict[tuple[str, str, str], None] = {}
    pumps: dict[tuple[str, str], None] = {}
    if tree is not None:
        for sequence in _sequences(tree):
            nodes = list(sequence)
            for end, node in enumerate(nodes):
                if not _is_loop(node):
                    continue
                for turn in range(6):
                    body = _sample(node[1][2], turn)
                    before = _sample(nodes[:end], turn)
                    pumps[before, body] = None
                    pumps["", body] = None
                    pumps["", before + body] = None
                    pumps["", before] = None
                    for start in range(max(0, end - 3), end):
                        pumps[_sample(nodes[:start], turn), _sample(nodes[start : end + 1], turn)] = None
        for turn in range(3):
            pumps["", _sample(tree, turn)] = None
    for pump in ("a", " ", "\n", "1", "<a ", "a@", ".", "-", "a.", "a "):
        pumps["", pump] = None
    for before, body in pumps:
        if body:
            for suffix in ("", "\x00", "!"):
                texts[before, body, suffix] = None
    return list(texts)[:_MOST_TEXTS]


def _cost(pattern: Pattern, text: str) -> float:
    """Return the CPU time of a search over `text` (seconds); substitution goes on behind a match."""
    subject: Any = text.encode("utf-8", "replace") if isinstance(pattern.pattern, bytes) else text
    began = time.process_time()
    for _ in pattern.finditer(subject):
        pass
    return time.process_time() - began


def growth(pattern: Pattern, before: str, pump: str, suffix: str, longest: int = _LONGEST) -> float | None:
    """Return the power of the text's length that a search takes; None for a text that takes hardly any time."""
    size = 8
    while size <= longest:
        text = before + pump * max(1, size // len(pump)) + suffix
        if _cost(pattern, text) > _ENOUGH:
            if size < _FIRST:
                return math.inf
            half = before + pump * max(1, size // 2 // len(pump)) + suffix
            costs = [min(_cost(pattern, each) for _ in range(3)) for each in (half, text)]
            return math.log2(costs[1] / max(costs[0], 1e-6))
        size = size + 4 if size < _FIRST else size * 2
    return None


PATTERNS = patterns()


@pytest.mark.parametrize("place", PATTERNS)
def test_the_pattern_is_linear(place: str) -> None:
    pattern = PATTERNS[place]
    for before, pump, suffix in attacks(pattern):
        power = growth(pattern, before, pump, suffix, BOUNDED.get(place, _LONGEST))
        assert power is None or power < _MOST_GROWTH, (
            f"{place} takes the length to the power of {power:.1f} on {before!r} + {pump!r} * n + {suffix!r}: "
            f"{pattern.pattern!r}"
        )


@pytest.mark.parametrize("text", [r"\S+@\S+\.\w+", r"(a+)+$", r"\s+$", r"(?:a|a)*b", r"\d+(?:\.\d+)*x"])
def test_a_pattern_that_is_not_linear_is_found_out(text: str) -> None:
    pattern = re.compile(text)
    powers = [growth(pattern, *attack) for attack in attacks(pattern)]
    assert any(power is not None and power >= _MOST_GROWTH for power in powers)


def test_patterns_are_found_wherever_they_stand() -> None:
    assert len(PATTERNS) > 100
    assert {name.split(".")[0] for name in PATTERNS} == set(PACKAGES)
