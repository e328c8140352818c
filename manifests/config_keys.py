"""Every key that a config may have, with its type, default and meaning, as its models state them."""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from manifests.strict_model import StrictModel, Supplier
from manifests.union_tags import tag_of

LONGEST_SECTION_DEFAULT = 60
"""Characters; of a longer one the first key is told: its section's keys are listed anyway."""

_Sections = tuple[type[StrictModel], ...]
_Listed = dict[_Sections, str]
"""Sections that were listed, and at which path."""

_NAMES: dict[Any, str] = {str: "text", int: "integer", float: "number", bool: "true or false", NoneType: "null"}
_OR_NULL = " or null"
_BOUNDS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}


@dataclass(frozen=True)
class ConfigKey:
    """A key.

    A section of several kinds has, besides its own, one for each kind: the key that selects it, before the kind's keys.

    Attributes:
        path: from the top of the file, joined by dots; `[]` is any item of a list, `NAME` any key of a mapping.
        type: of its value, with bounds; for the key that selects a kind, its one value.
        default: as YAML, or where it comes from; None: there is none, so the key is required if its section is given.
        description: what it means; may be empty.
        opens: the keys that follow belong to it.
    """

    path: str
    type: str
    default: str | None
    description: str
    opens: bool


def config_keys(model: type[StrictModel]) -> list[ConfigKey]:
    """Return the keys of a config in the order of its models, sections before their contents.

    A section with the same keys as another one is listed once; the type of the second refers to the first.
    """
    return list(_keys(model, "", {}))


def _keys(
    model: type[StrictModel],
    prefix: str,
    listed: _Listed,
    passed_over: str | None = None,
    supplier: Supplier | None = None,
) -> Iterator[ConfigKey]:
    if model.supplier is not None:
        supplier = model.supplier
        yield ConfigKey(f"{prefix}{supplier.key}", _NAMES[str], None, supplier.description, False)
    for name, field in model.model_fields.items():
        if name == passed_over:
            continue
        path, sections = f"{prefix}{name}", _sections(field.annotation)
        kind = _bounded(_type(field.annotation), field)
        if sections in listed:
            kind += f", keys as in {listed[sections]}"
        described = field.description or (_meaning(sections[0]) if len(sections) == 1 else "")
        opens = bool(sections) and sections not in listed
        supplied = None if supplier is None else f"the {supplier.key}'s"
        yield ConfigKey(path, kind, _default(field) or supplied, described, opens)
        if opens:
            listed[sections] = path
            yield from _section_keys(sections, path + _item(field.annotation), listed, supplier)


def _section_keys(sections: _Sections, path: str, listed: _Listed, supplier: Supplier | None) -> Iterator[ConfigKey]:
    several = len(sections) > 1
    for section in sections:
        tag = tag_of(section) if several else None
        if tag is not None:
            yield ConfigKey(f"{path}.{tag.key}", tag.value, None, _meaning(section), True)
        yield from _keys(section, f"{path}.", listed, tag.key if tag else None, None if several else supplier)


def _sections(annotation: Any) -> _Sections:
    """Return the models within an annotation, in its order."""
    if isinstance(annotation, type) and issubclass(annotation, StrictModel):
        return (annotation,)
    return tuple(section for inner in get_args(annotation) for section in _sections(inner))


def _item(annotation: Any) -> str:
    """Return what a path to the sections within an annotation has behind the key."""
    return {list: "[]", tuple: "[]", dict: ".NAME"}.get(get_origin(annotation) or annotation, "")


def _type(annotation: Any) -> str:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(inner[0])
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(_type(member) for member in inner))
    if origin is Literal:
        return " | ".join(map(str, inner))
    if origin in (list, tuple):
        return f"list of {_type(inner[0])}"
    if origin is dict:
        return f"mapping of {_type(inner[0])} to {_type(inner[1])}"
    return _NAMES.get(annotation, "section")


def _bounded(kind: str, field: FieldInfo) -> str:
    """Return a type with the field's bounds behind it, but before "or null"."""
    bounds = ", ".join(
        f"{sign} {getattr(metadata, name):.10g}"
        for metadata in field.metadata
        for name, sign in _BOUNDS.items()
        if getattr(metadata, name, None) is not None
    )
    if not bounds:
        return kind
    bare = kind.removesuffix(_OR_NULL)
    return f"{bare} {bounds}{kind.removeprefix(bare)}"


def _default(field: FieldInfo) -> str | None:
    if field.is_required():
        return None
    value = field.get_default(call_default_factory=True)
    if not isinstance(value, StrictModel):
        return _yaml(to_jsonable_python(value))
    written = value.model_dump(mode="json", exclude_unset=True)
    whole = _yaml(written)
    if len(whole) <= LONGEST_SECTION_DEFAULT:
        return whole
    first = next(iter(written))
    return f"{_yaml({first: written[first]})[:-1]}, ...}}"


def _yaml(value: Any) -> str:
    """Return a value as YAML in one line."""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=10**6)
    return text.removesuffix("...\n").strip()


def _meaning(model: type[StrictModel]) -> str:
    """Return a model's docstring as one line."""
    return " ".join((inspect.getdoc(model) or "").split())
