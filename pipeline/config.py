"""The run's config: one YAML file, read strictly, with errors that name the key and the way out."""

import difflib
from collections.abc import Hashable
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, Field, ValidationError, model_validator

from manifests.errors import BuildError
from manifests.strict_model import RUN_ONLY, StrictModel, identity_of
from previews import PreviewConfig
from stages.dialogues import DialoguesConfig
from stages.scenes import ScenesConfig
from stages.speech import SpeechConfig
from stages.streams import StreamsConfig

StageName = Literal["dialogues", "selection", "speech", "noise", "scenes", "streams"]


class CorpusConfig(StrictModel):
    """How many dialogues, in what shards and splits."""

    dialogues: int = Field(ge=1, description="how many dialogues to plan; rejected ones are not replaced")
    dialogues_per_shard: int = Field(ge=1, description="dialogue i belongs to shard i // dialogues_per_shard")
    validation_share: float = Field(default=0.01, ge=0, lt=1, description="share of the dialogues (the paper's 1 %)")
    test_share: float = Field(default=0.01, ge=0, lt=1, description="share of the dialogues (the paper's 1 %)")
    max_lost_share: float = Field(
        default=0.1,
        ge=0,
        le=1,
        json_schema_extra=RUN_ONLY,
        description="the run fails when more than this share of the dialogues is rejected",
    )

    @model_validator(mode="after")
    def _leaves_some_to_train_on(self) -> "CorpusConfig":
        if self.validation_share + self.test_share >= 1:
            raise ValueError(
                f"validation_share {self.validation_share} + test_share {self.test_share} leave nothing for train"
            )
        return self


class StageResources(StrictModel):
    """What Ray keeps for one worker of a stage, and how many workers there may be."""

    cpus: float = Field(default=1, gt=0, description="CPUs of one worker")
    gpus: float = Field(default=0, ge=0, description="GPUs of one worker; fractions share one")
    max_workers: int | None = Field(default=None, ge=1, description="default: as many as the cluster has room for")


class ExecutionConfig(StrictModel):
    """Where the run's work happens; none of it changes a byte of the corpus."""

    ray_address: str = Field(default="local", description='"local", "auto", or a cluster\'s address')
    workers: int | None = Field(default=None, ge=1, description="CPUs of a local run; default: all")
    attempts: int = Field(default=3, ge=1, description="how often a unit is tried when workers die under it")
    stages: dict[StageName, StageResources] = Field(default={}, description="resources by stage")


class RunConfig(StrictModel):
    """Everything that `build-corpus run` is told."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", description="the corpus's name")
    seed: int = Field(default=0, ge=0, description="of every random draw")
    corpus: CorpusConfig
    dialogues: DialoguesConfig
    speech: SpeechConfig
    scenes: ScenesConfig
    streams: StreamsConfig
    preview: PreviewConfig = Field(default_factory=PreviewConfig, json_schema_extra=RUN_ONLY)
    execution: ExecutionConfig = Field(default_factory=ExecutionConfig, json_schema_extra=RUN_ONLY)

    def to_yaml(self) -> str:
        """Return the resolved config without the fields that never change a byte; a run of it makes this corpus."""
        return yaml.safe_dump(identity_of(self), sort_keys=False, allow_unicode=True)


def load_config(path: Path) -> RunConfig:
    """Read a config file.

    Raises:
        BuildError: no such file, not YAML, unknown or missing keys, wrong types, impossible values.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BuildError(f"{path}: no such config file; configs/demo.yaml is one to start from") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BuildError(f"{path}: can't be read as UTF-8 text ({error})") from error
    try:
        content = yaml.load(text, Loader=_UniqueKeys)  # noqa: S506 - a SafeLoader that also refuses repeated keys
    except yaml.YAMLError as error:
        raise BuildError(f"{path}: not valid YAML: {error}") from error
    if not isinstance(content, dict):
        raise BuildError(f"{path}: holds {type(content).__name__}, expected a mapping with the keys name, corpus, ...")
    try:
        return RunConfig.model_validate(content)
    except ValidationError as error:
        raise BuildError(f"{path}:\n{describe_problems(error)}") from error


class _UniqueKeys(yaml.SafeLoader):
    """YAML's safe loader, but a key that stands twice is an error: one of the two would be lost in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Refuse a mapping that has a key twice."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


def describe_problems(error: ValidationError) -> str:
    """Return one line per problem: the key, what is wrong with its value, and the nearest known key."""
    return "\n".join(f"  {_describe(problem)}" for problem in error.errors())


def _describe(problem: Any) -> str:
    location = list(problem["loc"])
    key = ".".join(str(part) for part in location)
    if problem["type"] == "extra_forbidden":
        known = sorted(_known_keys(RunConfig, location[:-1]))
        near = difflib.get_close_matches(str(location[-1]), known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
        return f"{key}: unknown key; {hint}"
    if problem["type"] == "missing":
        return f"{key}: missing; this key is required"
    message = problem["msg"].removeprefix("Value error, ")
    where = f"{key}: " if key else ""
    return f"{where}{message}" + ("" if isinstance(problem["input"], dict) else f" (found {problem['input']!r})")


def _known_keys(annotation: Any, location: list[Any]) -> set[str]:
    """Return the keys of the models that stand at a location, through optionals, unions and containers."""
    if get_origin(annotation) is Annotated:
        return _known_keys(get_args(annotation)[0], location)
    if get_origin(annotation) in (Union, UnionType):
        members = get_args(annotation)
        tags = {_tag(member) for member in members} - {None}
        if location and location[0] in tags:  # pydantic puts a discriminated union's tag into the location
            chosen = next(member for member in members if _tag(member) == location[0])
            return _known_keys(chosen, location[1:])
        return set().union(*(_known_keys(member, location) for member in members))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if not location:
            return set(annotation.model_fields)
        field = annotation.model_fields.get(str(location[0]))
        return _known_keys(field.annotation, location[1:]) if field else set()
    if get_origin(annotation) in (dict, tuple) and location:
        return _known_keys(get_args(annotation)[-1 if get_origin(annotation) is dict else 0], location[1:])
    return set()


def _tag(annotation: Any) -> str | None:
    """Return the value of a union member's discriminating literal field, if it has one."""
    if get_origin(annotation) is Annotated:
        return _tag(get_args(annotation)[0])
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for field in annotation.model_fields.values():
            if get_origin(field.annotation) is Literal and len(get_args(field.annotation)) == 1:
                return str(get_args(field.annotation)[0])
    return None
