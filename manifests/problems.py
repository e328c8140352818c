"""What is wrong with something a person wrote, in words that name the key and the fix."""

import difflib
from collections.abc import Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import yaml
from pydantic import ValidationError

from manifests.strict_model import StrictModel
from manifests.union_tags import tag_of

_NO_SECTION = {"model_type", "model_attributes_type", "dict_type"}
"""What pydantic calls another value in the place of a section."""
_NO_LIST = {"tuple_type", "list_type"}
"""What it calls another value in the place of a list."""


def describe_problems(error: ValidationError, model: type[StrictModel]) -> str:
    """Return one line per problem: the key, what is wrong with its value, and the nearest known key.

    Args:
        error: what validation raised.
        model: what was to be read, whose keys are known.
    """
    return "\n".join(f"  {_describe(problem, model)}" for problem in error.errors())


def _describe(problem: Any, model: type[StrictModel]) -> str:
    location = list(problem["loc"])
    key = ".".join(str(part) for part in location)
    if problem["type"] == "extra_forbidden":
        known = sorted({key for section in _sections_at(model, location[:-1]) for key in _keys_of(section)})
        near = difflib.get_close_matches(str(location[-1]), known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
        return f"{key}: unknown key; {hint}"
    if problem["type"] == "missing":
        return f"{key}: missing; this key is required"
    value = problem["input"]
    if problem["type"] in _NO_SECTION:
        message = f"expected a section{_as_section(value, _sections_at(model, location))}"
    elif problem["type"] in _NO_LIST:
        message = f"expected a list{_as_written([value]) if isinstance(value, str | int | float) else ''}"
    else:
        message = problem["msg"].removeprefix("Value error, ")
    where = f"{key}: " if key else ""
    return f"{where}{message}{_found(problem)}"


def _as_section(value: Any, sections: Sequence[type[StrictModel]]) -> str:
    """Return how to write a section that one value stands in the place of: with that value if it tells enough.

    Args:
        value: in YAML.
        sections: that may stand there; several: a key tells them apart; none: its keys are names that a person gives.
    """
    if not sections:
        return " of names and their values"
    first = sections[0]
    if len(sections) == 1:
        if first.supplier is not None and isinstance(value, str):
            return _as_written({first.supplier.key: value})
        return f" with keys such as {', '.join(_keys_of(first)[:3])}"
    tags = [(section, tag) for section in sections if (tag := tag_of(section)) is not None]
    for section, tag in tags:
        others = [name for name in section.model_fields if name != tag.key]
        if len(others) == 1 and type(value) in (int, float):
            return _as_written({tag.key: tag.value, others[0]: value})
    return f" with keys such as {' or '.join(f'{tag.key}: {tag.value}' for _, tag in tags[:2])}"


def _as_written(value: Any) -> str:
    """Return ", as" and a value in YAML; nothing of what may be an address with a key."""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10**6).strip()
    return "" if "@" in text else f", as {text}"


def _found(problem: Any) -> str:
    """Return the value that is wrong, unless the message tells of it already, or it may be an address with a key."""
    value = repr(problem["input"])
    told = problem["type"] == "value_error" or isinstance(problem["input"], dict)
    return "" if told or "@" in value else f" (found {value})"


def _keys_of(section: type[StrictModel]) -> list[str]:
    """Return the keys that a section may be written with."""
    return [*([section.supplier.key] if section.supplier else []), *section.model_fields]


def _sections_at(annotation: Any, location: list[Any]) -> list[type[StrictModel]]:
    """Return the models that stand at a location, through optionals, unions and containers."""
    if get_origin(annotation) is Annotated:
        return _sections_at(get_args(annotation)[0], location)
    if get_origin(annotation) in (Union, UnionType):
        members = get_args(annotation)
        by_tag = {tag.value: member for member in members if (tag := tag_of(member)) is not None}
        if location and location[0] in by_tag:  # pydantic puts a discriminated union's tag into the location
            return _sections_at(by_tag[location[0]], location[1:])
        return [section for member in members for section in _sections_at(member, location)]
    if isinstance(annotation, type) and issubclass(annotation, StrictModel):
        if not location:
            return [annotation]
        field = annotation.model_fields.get(str(location[0]))
        return _sections_at(field.annotation, location[1:]) if field else []
    if get_origin(annotation) in (dict, list, tuple) and location:
        return _sections_at(get_args(annotation)[-1 if get_origin(annotation) is dict else 0], location[1:])
    return []
