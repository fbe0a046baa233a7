"""The systemd units."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.files import DEPLOY, command_fault

_UNITS = DEPLOY / "systemd"
_NAMES = sorted(path.name.replace("@.", "@1.") for path in _UNITS.glob("*.service"))
#: systemd's own scale from 0 (closed) to 10: it calls 2.0 and less "OK".
_MOST_EXPOSED = 2.0


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units in a directory of their own, with this Python's `newsline` and `rq` where theirs would be."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("needs systemd-analyze (Debian: systemd)")
    place = tmp_path / "units"
    shutil.copytree(_UNITS, place)
    programs = Path(sys.executable).parent
    if not (programs / "newsline").exists():  # a tree that is used without being installed
        programs = tmp_path
        for name in ("newsline", "rq"):
            (programs / name).write_text("#!/bin/sh\n")
            (programs / name).chmod(0o755)
    for path in place.glob("*.service"):
        path.write_text(path.read_text("utf-8").replace("/opt/newsline/bin", str(programs)), "utf-8")
    return place


def _analyze(units: Path, *words: str) -> str:
    environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{units}:", "SYSTEMD_COLORS": "0"}
    done = subprocess.run(
        ["systemd-analyze", *words], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_systemd_takes_every_unit(units: Path) -> None:
    said = _analyze(units, "verify", "--man=no", *(str(units / name) for name in _NAMES))
    assert "newsline" not in said, said  # what it only warns of


@pytest.mark.parametrize("name", _NAMES)
def test_a_unit_is_closed(units: Path, name: str) -> None:
    said = _analyze(units, "security", "--offline=true", "--no-pager", name)
    found = re.search(r"Overall exposure level for \S+: (\d+\.\d)", said)
    assert found and float(found[1]) <= _MOST_EXPOSED, said[-300:]


@pytest.mark.parametrize("name", sorted(path.name for path in _UNITS.glob("*.service")))
def test_a_unit_s_command_exists(name: str) -> None:
    (line,) = re.findall(r"^ExecStart=(.+)$", (_UNITS / name).read_text("utf-8"), flags=re.MULTILINE)
    program, *words = shlex.split(line)
    assert program.startswith("/opt/newsline/bin/")
    assert command_fault([Path(program).name, *words]) is None


def test_only_who_fetches_reaches_the_outside() -> None:
    open_ones = {path.name for path in _UNITS.glob("*.service") if "IPAddressDeny=any" not in path.read_text("utf-8")}
    assert open_ones == {"newsline-run.service", "newsline-crawl@.service"}
