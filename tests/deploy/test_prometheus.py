"""Prometheus' rules and Grafana's dashboard, against the metrics that the code exports."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from redis import Redis

from newsline.line.metrics import LineCollector
from schemas.process.settings import Settings
from schemas.store.keys import CRAWL_QUEUE, PAGES_QUEUE
from tests.deploy.files import DEPLOY, documents
from tests.workers.pages import page, pend

_RULES = DEPLOY / "prometheus" / "newsline.rules.yml"
_TESTS = DEPLOY / "prometheus" / "newsline.rules.test.yml"
#: What a sample's name has after its family's, by type.
_ENDINGS = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}
_METRIC = re.compile(r"\b(newsline_[a-z_]+)\b(?:\{([^}]*)\})?")
_LABEL = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
_GROUPED = re.compile(r"\b(?:by|on)\s*\(([^)]*)\)")
#: Prometheus' own, beside ours.
_EVERYWHERE = {"le", "instance", "job"}


def _dashboard() -> dict[str, Any]:
    board: dict[str, Any] = json.loads((DEPLOY / "grafana" / "newsline.json").read_text("utf-8"))
    return board


def _queries() -> Iterator[tuple[str, str]]:
    for group in documents(_RULES)[0]["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]
    for panel in _dashboard()["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]
    for variable in _dashboard()["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["name"], variable["definition"]
    for test in documents(_TESTS)[0]["tests"]:
        for series in test.get("input_series", []):
            yield test["name"], series["series"]


@pytest.fixture
def exported(valkey: Redis) -> dict[str, set[str]]:
    """Name -> labels of every sample that an endpoint may serve."""
    pend(valkey, page("p1"))  # a source, so that nothing is left out
    names: dict[str, set[str]] = {}
    for family in LineCollector(valkey, Settings()).collect():
        labels = set(getattr(family, "_labelnames", ()))
        for ending in _ENDINGS[family.type]:
            names[family.name + ending] = labels
    return names


def test_every_query_asks_for_what_is_exported(exported: dict[str, set[str]]) -> None:
    assert len(exported) > 30
    for where, expression in _queries():
        asked = _METRIC.findall(expression)
        assert asked, where
        labels: set[str] = set(_EVERYWHERE)
        for name, selectors in asked:
            assert name in exported, f"{where}: {name}"
            labels |= exported[name]
            assert set(_LABEL.findall(selectors)) <= exported[name] | _EVERYWHERE, f"{where}: {name}"
        for grouped in _GROUPED.findall(expression):
            assert {each.strip() for each in grouped.split(",")} - {""} <= labels, where


def test_legends_name_labels_that_there_are(exported: dict[str, set[str]]) -> None:
    for panel in _dashboard()["panels"]:
        for target in panel.get("targets", []):
            names = {name for name, _ in _METRIC.findall(target["expr"])}
            labels = set().union(*(exported[name] for name in names))
            assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= labels, panel["title"]


def test_queues_are_ours() -> None:
    said = {name for _, expression in _queries() for name in re.findall(r'queue="(\w+)"', expression)}
    assert said == {PAGES_QUEUE, CRAWL_QUEUE}


def test_every_alert_is_tried() -> None:
    alerts = {rule["alert"] for group in documents(_RULES)[0]["groups"] for rule in group["rules"]}
    tried = set(re.findall(r"\b(?:alertname(?:=\"|: ))(\w+)", _TESTS.read_text("utf-8")))
    assert tried == alerts


def test_panels_have_places_of_their_own() -> None:
    taken: dict[tuple[int, int], str] = {}
    for panel in _dashboard()["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        for cell in ((x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])):
            assert cell not in taken, f"{panel['title']} lies over {taken.get(cell)}"
            taken[cell] = panel["title"]
    assert len({panel["id"] for panel in _dashboard()["panels"]}) == len(_dashboard()["panels"])


@pytest.mark.parametrize(
    "words",
    [
        ("check", "rules", str(_RULES)),
        ("test", "rules", str(_TESTS)),
        ("check", "config", str(_RULES.parent / "prometheus.yml")),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_promtool_agrees(words: tuple[str, ...]) -> None:
    promtool = shutil.which("promtool")
    if not promtool:
        pytest.skip("needs promtool (Debian: prometheus)")
    done = subprocess.run([promtool, *words], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
