"""What is wrong with something a person wrote, in words that name the key and the way out."""

import difflib
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import ValidationError

from manifests.strict_model import StrictModel
from manifests.union_tags import tag_of


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
        known = sorted(_known_keys(model, location[:-1]))
        near = difflib.get_close_matches(str(location[-1]), known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
        return f"{key}: unknown key; {hint}"
    if problem["type"] == "missing":
        return f"{key}: missing; this key is required"
    message = problem["msg"].removeprefix("Value error, ")
    where = f"{key}: " if key else ""
    return f"{where}{message}{_found(problem)}"


def _found(problem: Any) -> str:
    """Return the value that is wrong, unless the message tells of it already, or it may be an address with a key."""
    value = repr(problem["input"])
    told = problem["type"] == "value_error" or isinstance(problem["input"], dict)
    return "" if told or "@" in value else f" (found {value})"


def _known_keys(annotation: Any, location: list[Any]) -> set[str]:
    """Return the keys of the models that stand at a location, through optionals, unions and containers."""
    if get_origin(annotation) is Annotated:
        return _known_keys(get_args(annotation)[0], location)
    if get_origin(annotation) in (Union, UnionType):
        members = get_args(annotation)
        by_tag = {tag.value: member for member in members if (tag := tag_of(member)) is not None}
        if location and location[0] in by_tag:  # pydantic puts a discriminated union's tag into the location
            return _known_keys(by_tag[location[0]], location[1:])
        return set().union(*(_known_keys(member, location) for member in members))
    if isinstance(annotation, type) and issubclass(annotation, StrictModel):
        if not location:
            supplier = annotation.supplier
            return {*annotation.model_fields, *([supplier.key] if supplier else [])}
        field = annotation.model_fields.get(str(location[0]))
        return _known_keys(field.annotation, location[1:]) if field else set()
    if get_origin(annotation) in (dict, list, tuple) and location:
        return _known_keys(get_args(annotation)[-1 if get_origin(annotation) is dict else 0], location[1:])
    return set()
