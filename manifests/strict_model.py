"""The base of every model that a person fills in: config sections and timing profiles."""

from typing import Any, ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict
from pydantic.config import JsonDict

RUN_ONLY: JsonDict = {"run_only": True}
"""Marks a field, as its `json_schema_extra`, that never changes a byte of the corpus, such as a timeout."""


class Supplier(NamedTuple):
    """A key that a section may have although its model doesn't: what it names supplies the missing keys.

    It does so in all sections below, too, except those of several kinds, which are given in full.

    Attributes:
        key: its value is a text.
        description: what it means.
    """

    key: str
    description: str


class StrictModel(BaseModel):
    """Refuses unknown keys and wrong types; frozen once read.

    Attributes:
        supplier: the key that a validator of the section replaces with what it names.
    """

    supplier: ClassVar[Supplier | None] = None
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def identity_of(value: Any) -> Any:
    """Return a model as JSON values without its `RUN_ONLY` fields: what tells one corpus from another."""
    if isinstance(value, StrictModel):
        fields = type(value).model_fields
        return {
            name: identity_of(getattr(value, name))
            for name, field in fields.items()
            if not (isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("run_only"))
        }
    if isinstance(value, dict):
        return {str(key): identity_of(item) for key, item in value.items()}
    return [identity_of(item) for item in value] if isinstance(value, tuple | list) else value
