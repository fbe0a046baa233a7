"""The house: no circle of imports, and no module that stands loose without a reason in docs/architecture.md."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("newsline", "scrapers", "workers", "schemas", "training")
#: The modules that deployments and queued jobs name: they may never move.
ENTRY_POINTS = {
    "workers": {"jobs", "worker", "warm"},
    "scrapers": {"jobs", "worker", "cron", "crawl", "settings"},
    "schemas": set[str](),
}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Every import of the project's packages, those inside functions and those for the type checker among them."""
    return grimp.build_graph(*PACKAGES, cache_dir=None)


def test_no_circle_of_imports(graph: grimp.ImportGraph) -> None:
    sorter = TopologicalSorter({name: graph.find_modules_directly_imported_by(name) for name in graph.modules})
    try:
        sorter.prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


@pytest.mark.parametrize("package", ENTRY_POINTS)
def test_a_loose_module_is_an_entry_point_or_has_a_reason(package: str) -> None:
    reasons = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    loose = {path.stem for path in (ROOT / package).glob("*.py")} - {"__init__"} - ENTRY_POINTS[package]
    assert [name for name in sorted(loose) if f"`{package}/{name}.py`" not in reasons] == []
