"""JSON Schema 2020-12 of the records: made from the models, shipped as files, printed by `newsline schema`."""

from __future__ import annotations

import json
import sys
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from schemas.article import Article
from schemas.page import Page
from schemas.reject import Reject
from schemas.source import Source

RECORDS: dict[str, type[BaseModel]] = {"article": Article, "page": Page, "reject": Reject, "source": Source}


def json_schema(name: str) -> dict[str, Any]:
    """Return the schema of the record `name`, made from the model."""
    schema = RECORDS[name].model_json_schema(mode="serialization" if name != "source" else "validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def schema_text(name: str) -> str:
    """Return the text of the shipped schema of the record `name`."""
    return (resources.files("schemas") / "json" / f"{name}.schema.json").read_text(encoding="utf-8")


def _written(name: str) -> str:
    return json.dumps(json_schema(name), indent=2) + "\n"


def main() -> int:
    """Write all schema files; needed after a change of a model (`make schemas`)."""
    directory = Path(__file__).parent / "json"
    directory.mkdir(exist_ok=True)
    for name in RECORDS:
        (directory / f"{name}.schema.json").write_text(_written(name), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
