"""The short form of `make chaos`."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.chaos import full
from tests.chaos.run import run


@pytest.mark.timeout(400)
def test_a_crawl_under_chaos(tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    faults, report = run(seed, pages=200, kills=10, room=tmp_path, seconds=0.1)
    log = (tmp_path / f"seed-{seed}" / "log").read_text(errors="replace")[-2000:]
    assert not faults, f"python -m tests.chaos.run --seed {seed} --pages 200 --kills 10\n{report}\n{log}"


@pytest.mark.timeout(300)
def test_no_room(tmp_path: Path) -> None:
    names = list(full.FORMS) if full.can_mount() else ["memory"]  # only root may make small disks to fill
    for name, faults in full.run(100, tmp_path, names).items():
        log = (tmp_path / name / "log").read_text(errors="replace")[-2000:]
        assert not faults, f"{name}: {faults}\n{log}"
