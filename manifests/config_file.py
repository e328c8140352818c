"""A config file: a strict model as YAML, read with errors that name file and key, and written in full."""

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import ValidationError

from manifests.errors import BuildError
from manifests.problems import describe_problems
from manifests.strict_model import StrictModel, identity_of
from manifests.yaml_mapping import read_mapping

Config = TypeVar("Config", bound=StrictModel)


def read_config(path: Path, model: type[Config], example: str) -> Config:
    """Read a config file.

    Args:
        path: the file.
        model: what it holds.
        example: a bundled config of this kind, for the error if there is no such file.

    Raises:
        BuildError: no such file, not YAML, unknown or missing keys, wrong types, impossible values.
    """
    required = [name for name, field in model.model_fields.items() if field.is_required()]
    content = read_mapping(path, "config file", f"you can start from {example}", f"{', '.join(required[:2])}, ...")
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise BuildError(f"{path}:\n{describe_problems(error, model)}") from error


def config_yaml(config: StrictModel) -> str:
    """Return a config as YAML, every default filled in, without the fields that never change a result."""
    return yaml.safe_dump(identity_of(config), sort_keys=False, allow_unicode=True)
