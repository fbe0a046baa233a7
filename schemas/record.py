"""The base of all records, and types of their fields; a file apart, so that a user of a record loads no other."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

AbsoluteURL = Annotated[str, Field(pattern=r"^https?://[^\s]+$")]
Language = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Hex32 = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
UTC = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$")]


class Record(BaseModel):
    """Base of the records: no unknown fields, and immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def about(description: str, *examples: object, standard: str | None = None) -> Any:  # Any, as pydantic.Field returns
    """Return the metadata of a field: description, examples, and the `standard` from which the field comes.

    A field of records needs no example: schemas/record_page.py puts the examples of the records together.
    """
    comment: JsonDict | None = {"$comment": standard} if standard else None
    return Field(description=description, examples=list(examples) or None, json_schema_extra=comment)
