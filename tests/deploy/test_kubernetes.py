"""The Kubernetes manifests."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from redis import Redis

from schemas.store.jobs import pages_queue
from tests.deploy.files import DEPLOY, command_fault, documents, faults, manifests, schema

_KEDA = "keda.sh/v1alpha1"


def _name(manifest: dict[str, Any]) -> str:
    return f"{manifest['kind']}/{manifest['metadata']['name']}"


def _check(manifest: dict[str, Any]) -> list[str]:
    if manifest["apiVersion"] == _KEDA:
        return faults(manifest, schema("keda")[manifest["kind"]])
    rules = schema("kubernetes")
    return faults(manifest, rules["kinds"][manifest["kind"]] | {"$defs": rules["$defs"]})


def _workloads() -> list[dict[str, Any]]:
    return [each for each in manifests() if each["kind"] in ("Deployment", "StatefulSet")]


def _containers() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    for workload in _workloads():
        pod = workload["spec"]["template"]["spec"]
        for container in pod["containers"]:
            yield _name(workload), pod, container


@pytest.mark.parametrize("manifest", manifests(), ids=_name)
def test_a_manifest_is_as_its_schema_says(manifest: dict[str, Any]) -> None:
    assert _check(manifest) == []
    assert _check(manifest | {"spec": {**manifest.get("spec", {}), "replica": 1}}), "the schema does not look"


def test_pods_are_restricted() -> None:
    """As the Pod Security Standard `restricted` asks, which the namespace enforces; and nothing is written on."""
    for name, pod, container in _containers():
        assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["runAsUser"] > 0, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert pod["automountServiceAccountToken"] is False, name
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, name
        assert "memory" in container["resources"]["limits"], name


def test_selectors_find_their_pods() -> None:
    labels = [each["spec"]["template"]["metadata"]["labels"] for each in _workloads()]
    for workload in _workloads():
        wanted = workload["spec"]["selector"]["matchLabels"].items()
        assert wanted <= workload["spec"]["template"]["metadata"]["labels"].items(), _name(workload)
    for manifest in manifests():
        if manifest["kind"] == "Service":
            found = [each for each in labels if manifest["spec"]["selector"].items() <= each.items()]
        elif manifest["kind"] == "NetworkPolicy":
            selector = manifest["spec"]["podSelector"].get("matchLabels", {})
            found = [each for each in labels if selector.items() <= each.items()]
        else:
            continue
        assert found, _name(manifest)


def test_commands_exist() -> None:
    for name, _, container in _containers():
        if container["image"] == "newsline":
            words = container.get("command") or ["newsline", *container["args"]]
            assert command_fault(words) is None, name


def test_volumes_and_names_are_there() -> None:
    made = documents(DEPLOY / "kustomization.yaml")[0]
    kept = {each["name"]: each for kind in ("configMapGenerator", "secretGenerator") for each in made[kind]}
    for name, pod, container in _containers():
        claims = {
            claim["metadata"]["name"]
            for each in _workloads()
            for claim in each["spec"].get("volumeClaimTemplates", [])
            if _name(each) == name
        }
        volumes = {volume["name"] for volume in pod["volumes"]} | claims
        assert {mount["name"] for mount in container["volumeMounts"]} <= volumes, name
        sources = [volume.get("configMap", volume.get("secret", {})) for volume in pod["volumes"]]
        named = {source.get("name", source.get("secretName")) for source in sources} - {None}
        named |= {each["configMapRef"]["name"] for each in container.get("envFrom", [])}
        named |= {each["valueFrom"]["secretKeyRef"]["name"] for each in container.get("env", []) if "valueFrom" in each}
        assert named <= kept.keys(), name
    paths = {f"kubernetes/{path.name}" for path in (DEPLOY / "kubernetes").glob("*.yaml")}
    assert set(made["resources"]) == paths


def test_keda_looks_at_the_queue_of_pages(valkey: Redis) -> None:
    scaled = next(each for each in manifests() if each["kind"] == "ScaledObject")
    assert scaled["spec"]["scaleTargetRef"]["name"] in {each["metadata"]["name"] for each in _workloads()}
    (trigger,) = scaled["spec"]["triggers"]
    queue = pages_queue(valkey)
    assert trigger["metadata"]["listName"] == queue.key
    queue.enqueue_call("workers.jobs.normalise_pages", args=([],))
    assert valkey.llen(trigger["metadata"]["listName"]) == 1
    authentication = next(each for each in manifests() if each["kind"] == "TriggerAuthentication")
    assert authentication["metadata"]["name"] == trigger["authenticationRef"]["name"]
    pages = next(each for each in _workloads() if each["metadata"]["name"] == "pages")
    assert "replicas" not in pages["spec"], "each apply would undo what KEDA did"


def test_there_is_work_for_as_many_workers_as_keda_may_start() -> None:
    """Back-pressure bounds the queue: with a smaller bound, the last workers would never be asked for."""
    made = documents(DEPLOY / "kustomization.yaml")[0]
    literals = dict(each.split("=") for each in made["configMapGenerator"][0]["literals"])
    scaled = next(each for each in manifests() if each["kind"] == "ScaledObject")["spec"]
    jobs = int(literals["NEWSLINE_PENDING_PAGES"]) / 50
    assert jobs / int(scaled["triggers"][0]["metadata"]["listLength"]) >= scaled["maxReplicaCount"]


def test_kustomize_builds_it(tmp_path: Path) -> None:
    kubectl = shutil.which("kubectl")
    if not kubectl:
        pytest.skip("needs kubectl, which brings kustomize")
    place = tmp_path / "deploy"
    shutil.copytree(DEPLOY, place, ignore=shutil.ignore_patterns("secrets", "sources.toml"))
    (place / "sources.toml").write_text("")
    subprocess.run([str(place / "secrets.sh")], check=True)
    done = subprocess.run([kubectl, "kustomize", str(place)], capture_output=True, text=True, check=True)
    built = [each for each in yaml.safe_load_all(done.stdout) if each]
    assert [fault for each in built for fault in _check(each)] == []
    assert {each["metadata"].get("namespace", "newsline") for each in built} == {"newsline"}
    names = {each["metadata"]["name"] for each in built if each["kind"] in ("Secret", "ConfigMap")}
    authentication = next(each for each in built if each["kind"] == "TriggerAuthentication")
    assert {each["name"] for each in authentication["spec"]["secretTargetRef"]} <= names
