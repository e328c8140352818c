"""What distinguishes the members of a discriminated union: a key, such as `kind`, with one value for each."""

from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel


class Tag(NamedTuple):
    """The key and the value that select a model."""

    key: str
    value: str


def tag_of(annotation: Any) -> Tag | None:
    """Return the tag of a union's member: its literal field of one value; None: it has none."""
    if get_origin(annotation) is Annotated:
        return tag_of(get_args(annotation)[0])
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            if get_origin(field.annotation) is Literal and len(get_args(field.annotation)) == 1:
                return Tag(name, str(get_args(field.annotation)[0]))
    return None
