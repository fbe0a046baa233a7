"""Read the labelled pairs of texts in tests/fixtures/clusters, and emit texts to see their clusters."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from redis import Redis

from schemas.store.keys import ARTICLES_STREAM
from tests.workers.articles import article
from tests.workers.pages import page, pend
from workers.pages.emit import Emitter

FIXTURES = Path(__file__).parents[2] / "fixtures" / "clusters"


@dataclass(frozen=True)
class Pair:
    """Two texts; `same`: both belong to a single cluster; `held_out`: no threshold was chosen by the pair."""

    language: str
    kind: str
    names: tuple[str, str]
    texts: tuple[str, str]
    same: bool
    held_out: bool


def labelled() -> list[Pair]:
    """Return all pairs."""
    pairs = []
    for path in sorted(FIXTURES.glob("*.toml")):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        for entry in table["pairs"]:
            first, second = entry["texts"]
            texts = table["texts"][first], table["texts"][second]
            pairs.append(Pair(path.stem, entry["kind"], (first, second), texts, entry["same"], entry["held_out"]))
    return pairs


def emit(redis: Redis, name: str, text: str) -> None:
    """Emit an article with a URL that ends in `name`."""
    pending = pend(redis, page(f"{name}-{redis.xlen(ARTICLES_STREAM)}"))
    Emitter(redis).emit(pending, article(pending.url.rpartition("/")[0] + f"/{name}", text))


def emitted(redis: Redis) -> list[tuple[str, int, str | None]]:
    """Return name, revision and cluster of the emitted articles in order; a cluster by the name of the founder."""
    entries: Any = redis.xrange(ARTICLES_STREAM)
    lines = [
        (orjson.loads(entry[b"line"]), int(entry[b"revision"]), entry[b"cluster_id"].decode()) for _, entry in entries
    ]
    names = {record["id"]: record["url"].rpartition("/")[2] for record, _, _ in lines}
    return [(names[record["id"]], revision, names.get(cluster)) for record, revision, cluster in lines]


def joined(redis: Redis, texts: Iterable[str]) -> list[str | None]:
    """Return the clusters of articles with these texts, emitted in this order with an empty Valkey."""
    redis.flushall()
    for number, text in enumerate(texts):
        emit(redis, str(number), text)
    return [cluster for _, _, cluster in emitted(redis)]
