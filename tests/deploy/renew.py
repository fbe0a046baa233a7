"""Writes tests/deploy/schemas/ again from the packages that hold the schemas of others; not needed to run the tests.

    pip install kubernetes-validate==1.37.0 cloudcoil-models-keda==2.16.1.0; npm pack dclint@3.1.0 (and unpack it)
    python -m tests.deploy.renew package/schemas/compose.schema.json

Descriptions are left out, and of Kubernetes everything that our kinds do not lead to. All three are Apache-2.0
upstream: compose-spec, Kubernetes v1.31 ("strict": a field that it does not know is an error), KEDA 2.16.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

ROOM = Path(__file__).parent / "schemas"
_KUBERNETES = "v1.31.0-local-strict"
_KINDS = {
    "ConfigMap": "configmap-v1",
    "Deployment": "deployment-apps-v1",
    "Namespace": "namespace-v1",
    "NetworkPolicy": "networkpolicy-networking-v1",
    "Secret": "secret-v1",
    "Service": "service-v1",
    "StatefulSet": "statefulset-apps-v1",
}
_DEFINITIONS = "/api/_definitions.json"


def main() -> None:
    """Write the three files."""
    compose = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    # jsonschema knows draft 7 by its proper name only
    _write("compose", {**_bare(compose), "$schema": "http://json-schema.org/draft-07/schema#"})
    _write("kubernetes", _kubernetes())
    models = importlib.import_module("cloudcoil.models.keda.v1alpha1")
    kinds = ("ScaledObject", "TriggerAuthentication")
    _write("keda", {kind: _closed(_bare(getattr(models, kind).model_json_schema(by_alias=True))) for kind in kinds})


def _kubernetes() -> dict[str, Any]:
    package = importlib.import_module("kubernetes_validate")
    folder = Path(str(package.__file__)).parent / "kubernetes-json-schema" / _KUBERNETES
    everything = json.loads((folder / "_definitions.json").read_text("utf-8"))["$defs"]
    kinds = {kind: _bare(json.loads((folder / f"{file}.json").read_text("utf-8"))) for kind, file in _KINDS.items()}
    needed: dict[str, Any] = {}
    waiting = list(_refs(kinds))
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed[name] = _bare(everything[name])
            waiting += _refs(needed[name])
    text = json.dumps({"kinds": kinds, "$defs": dict(sorted(needed.items()))})
    bundle: dict[str, Any] = json.loads(text.replace(_DEFINITIONS, ""))
    return bundle


def _refs(part: Any) -> list[str]:
    """The names of the definitions that `part` refers to."""
    if isinstance(part, list):
        return [name for each in part for name in _refs(each)]
    if not isinstance(part, dict):
        return []
    own = [part["$ref"].rpartition("/$defs/")[2]] if isinstance(part.get("$ref"), str) else []
    return own + [name for each in part.values() for name in _refs(each)]


def _bare(part: Any) -> Any:
    """`part` without what says nothing about what is valid; a property may be called `description`, too."""
    if isinstance(part, list):
        return [_bare(each) for each in part]
    if not isinstance(part, dict):
        return part
    said = {key: value for key, value in part.items() if not (key in ("description", "title") and type(value) is str)}
    return {key: _bare(value) for key, value in said.items() if not key.startswith("x-")}


def _closed(part: Any) -> Any:
    """`part` with what it does not name forbidden, as a server forbids it."""
    if isinstance(part, list):
        return [_closed(each) for each in part]
    if not isinstance(part, dict):
        return part
    closed = {key: _closed(value) for key, value in part.items()}
    if isinstance(part.get("properties"), dict) and "additionalProperties" not in part:
        closed["additionalProperties"] = False
    return closed


def _write(name: str, schema: dict[str, Any]) -> None:
    (ROOM / f"{name}.json").write_text(json.dumps(schema, separators=(",", ":"), sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main()
