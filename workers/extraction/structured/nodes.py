"""The graph of a page's nodes, and the search for the article's node among page, publisher and neighbours."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from schemas.text import one_line
from workers.extraction.structured.jsonld import Node, nodes_of
from workers.extraction.tables import table

_TYPES: dict[str, int] = table("schema_org")["work_types"]
_ELSEWHERE = frozenset(table("schema_org")["elsewhere"]["properties"])


class Graph:
    """All nodes of a page, by position and by `@id`."""

    def __init__(self, values: Iterable[Any]) -> None:
        self.nodes: list[tuple[Node, int, str | None]] = []
        self._by_id: dict[str, Node] = {}
        for value in values:
            for node, depth, key in nodes_of(value):
                self.nodes.append((node, depth, key))
                name = node.get("@id")
                if isinstance(name, str) and len(node) > len(self._by_id.get(name, ())):
                    self._by_id[name] = node

    def resolved(self, node: Node) -> Node:
        """Return `node`, or for a mere reference the fuller node of the same `@id`."""
        name = node.get("@id")
        if isinstance(name, str) and len(node) <= 2:
            return self._by_id.get(name, node)
        return node

    def typed(self, *types: str) -> Iterator[Node]:
        """Yield the nodes of any of these types (lower case)."""
        for node, _, _ in self.nodes:
            if any(kind in types for kind in types_of(node)):
                yield node

    def all(self, node: Node | None, *names: str) -> list[Any]:
        """Return the values of the first of `names` in `node`, as a list, references resolved."""
        for name in names:
            value = node.get(name) if node else None
            values = _flat(value) if isinstance(value, list) else [value]
            filled = [self.resolved(v) if isinstance(v, dict) else v for v in values if v not in (None, "", [], {})]
            if filled:
                return filled
        return []

    def text(self, node: Node | None, *names: str) -> str | None:
        """Return the first text under the first of `names` with any text."""
        for name in names:
            for value in self.all(node, name):
                if isinstance(value, dict):
                    value = value.get("@value") or value.get("name")
                if (
                    isinstance(value, str | int | float)
                    and not isinstance(value, bool)
                    and (text := plain_text(str(value)))
                ):
                    return text
        return None


def _flat(values: list[Any]) -> list[Any]:
    """Return `values` with each list among them replaced by the list's values, a level deep."""
    return [inner for value in values for inner in (value if isinstance(value, list) else [value])]


def types_of(node: Node) -> list[str]:
    """Return the types of `node` in lower case, without the vocabulary's address."""
    kinds = node.get("@type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return [str(kind).rsplit("/", 1)[-1].rsplit(":", 1)[-1].lower() for kind in kinds if kind]


def plain_text(text: str) -> str:
    """Return `text` of a JSON string on a single line, with entities and tags inside resolved."""
    for _ in range(2):
        if "&" not in text:
            break
        text = html.unescape(text)
    if "<" in text and ">" in text:
        text = _without_tags(text)
    return one_line(text)


def _without_tags(text: str) -> str:
    out, inside = [], False
    for index, character in enumerate(text):
        if (character == "<" and text[index + 1 : index + 2].isalpha()) or text[index : index + 2] == "</":
            inside = True
        elif character == ">" and inside:
            inside = False
        elif not inside:
            out.append(character)
    return "".join(out)


def find_article(graph: Graph, url: str | None, canonical: str | None, words: set[str]) -> Node | None:
    """Return the node of the page's own article: by type, place in the graph, URL, and words of the headline.

    `words` are those of the page's visible and meta titles, folded.
    """
    own = {path for path in (_path(url), _path(canonical)) if path}
    best: tuple[float, Node] | None = None
    for order, (node, depth, key) in enumerate(graph.nodes):
        score = max((_TYPES.get(kind, 0) for kind in types_of(node)), default=0)
        if not score or key in _ELSEWHERE:
            continue
        headline = graph.text(node, "headline", "name")
        addresses = {path for name in ("url", "mainEntityOfPage", "@id") for path in _addresses(node.get(name))}
        total = float(score) - depth - order / 1000
        total += 2 if node.get("headline") else 0
        total += 1 if node.get("datePublished") else 0
        total += 1 if node.get("author") else 0
        if addresses & own:
            total += 4
        elif own and addresses and not any(a in ("", "/") for a in addresses):
            total -= 3
        if headline and words:
            mine = set(headline.casefold().split())
            share = len(mine & words) / max(1, len(mine))
            total += 4 * share - 1
        if best is None or total > best[0]:
            best = (total, node)
    return best[1] if best and best[0] > 2 else None


def _addresses(value: Any) -> Iterator[str]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            item = item.get("@id") or item.get("url")
        if isinstance(item, str) and (path := _path(item)):
            yield path


def _path(address: str | None) -> str | None:
    if not isinstance(address, str) or not address:
        return None
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return None
    if not parts.path and not parts.query:
        return None
    return unquote(parts.path).rstrip("/").lower() + ("?" + parts.query if parts.query and len(parts.path) < 12 else "")
