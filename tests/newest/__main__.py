"""`make newest`: the tests against the newest versions of the dependencies, within our pins and beyond them.

1. *within*: what a user gets who installs Newsline today: the newest versions that pyproject.toml allows.
2. *beyond*: the newest versions there are, whatever pyproject.toml allows: a look at what comes next.

Each gets an environment of its own, a list of the packages that are newer than constraints.txt, the test of the inner
names of libraries that the adapters use, and the whole test suite. The exit status is 1 when a test fails within the
pins; what fails beyond them is only reported.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
INNER_NAMES = "tests/house/test_adapters.py"
SUITE = ("-n", "3", "--dist", "loadgroup", "-q")


def main(arguments: Sequence[str]) -> int:
    """Run both rounds, or the rounds that are named (`within`, `beyond`); return 1 when `within` failed."""
    rounds = arguments or ("within", "beyond")
    failures = [name for name in rounds if not passes(name)]
    for name in rounds:
        print(f"{name} our pins: {'tests failed' if name in failures else 'all tests passed'}")
    return 1 if "within" in failures else 0


def passes(name: str) -> bool:
    """Return whether the tests pass in a fresh environment for the round `name`."""
    print(f"\n== {name} our pins: setting up an environment (about two minutes) ==", flush=True)
    python = environment(ROOT / f".venv-newest-{name}")
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--upgrade"]
    subprocess.run([*pip, "-e", ".[dev]"], cwd=ROOT, check=True)
    if name == "beyond":  # pip warns that our pins are not kept: that is the purpose
        subprocess.run([*pip, *newest_requirements()], cwd=ROOT, check=True)
    for line in newer_than_tested(python):
        print(f"  {line}")
    adapters = subprocess.run([python, "-m", "pytest", "-q", INNER_NAMES], cwd=ROOT, check=False).returncode
    suite = subprocess.run([python, "-m", "pytest", *SUITE], cwd=ROOT, check=False).returncode
    return adapters == suite == 0


def environment(folder: Path) -> str:
    """Make a virtual environment in `folder`, anew when one is there; return its Python."""
    subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
    python = str(folder / "bin" / "python")
    subprocess.run([python, "-m", "pip", "--disable-pip-version-check", "install", "-q", "-U", "pip"], check=True)
    return python


def newest_requirements() -> list[str]:
    """Return our dependencies without their version limits."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = map(Requirement, [*project["dependencies"], *project["optional-dependencies"]["dev"]])
    return [requirement.name for requirement in wanted if not requirement.marker or requirement.marker.evaluate()]


def newer_than_tested(python: str) -> list[str]:
    """Return a line for each package that is installed at another version than constraints.txt names."""
    tested = dict(
        line.split("==") for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines() if "==" in line
    )
    tested = {canonicalize_name(name): version for name, version in tested.items()}
    frozen = subprocess.run(
        [python, "-m", "pip", "list", "--format=freeze"], capture_output=True, text=True, check=True
    ).stdout
    installed = dict(line.split("==", 1) for line in frozen.splitlines() if "==" in line)
    return [
        f"{name} {version} (tested: {tested.get(canonicalize_name(name), 'not in constraints.txt')})"
        for name, version in installed.items()
        if tested.get(canonicalize_name(name)) != version
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
