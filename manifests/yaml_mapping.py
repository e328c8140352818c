"""YAML files that a person writes: configs and timing profiles."""

from pathlib import Path
from typing import Any

import yaml

from manifests.errors import BuildError

_MERGE = "tag:yaml.org,2002:merge"
"""YAML's tag of the key `<<`, whose value's keys are taken in."""


def read_mapping(path: Path, what: str, way_out: str, keys: str) -> dict[str, Any]:
    """Read a YAML file that contains a mapping.

    Args:
        path: the file.
        what: what it is, for the error.
        way_out: what to do if there is no such file.
        keys: some that it should have, for the error.

    Raises:
        BuildError: no such file, not UTF-8, not YAML, nested too deeply, a key given twice, or not a mapping.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise BuildError(f"{path}: no such {what}; {way_out}") from None
    except OSError as error:
        raise BuildError(f"{path}: can't be read ({error})") from error
    return parse_mapping(content, str(path), keys)


def parse_mapping(content: bytes, name: str, keys: str) -> dict[str, Any]:
    """Parse the content of a YAML file, a mapping.

    Args:
        content: of the file.
        name: of the file, for the error.
        keys: some that it should have, for the error.

    Raises:
        BuildError: not UTF-8, not YAML, nested too deeply, a key given twice, or not a mapping.
    """
    try:
        # A SafeLoader that also refuses repeated keys.
        parsed = yaml.load(content.decode("utf-8"), Loader=_UniqueKeys)  # noqa: S506
    except UnicodeDecodeError as error:
        raise BuildError(f"{name}: can't be read as UTF-8 text ({error})") from error
    except yaml.YAMLError as error:
        raise BuildError(f"{name}: not valid YAML: {_problem(error)}") from None
    except RecursionError:
        raise BuildError(f"{name}: not valid YAML: nested too deeply") from None
    if not isinstance(parsed, dict):
        raise BuildError(f"{name}: contains {type(parsed).__name__}, expected a mapping with the keys {keys}")
    return parsed


def _problem(error: yaml.YAMLError) -> str:
    """Return what is wrong and where, without the line itself, which may hold a key."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return str(error)
    told = ", ".join(part for part in (error.context, error.problem) if part)
    return f"{told} (line {error.problem_mark.line + 1}, column {error.problem_mark.column + 1})"


class _UniqueKeys(yaml.SafeLoader):
    """YAML's safe loader, but a key that stands twice is an error: one of the two would be lost in silence."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """Refuse a mapping that has a key twice, as it is written: what `<<` brings in may be overridden."""
        node = super().compose_mapping_node(anchor)
        keys = [self._key(key) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} appears twice", node.start_mark)
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Answer a value that its type can't hold, such as ``!!int x``, as YAML's other errors."""
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError):
            kind = node.tag.rpartition(":")[2]
            raise yaml.constructor.ConstructorError(
                None, None, f"not a value of type {kind}", node.start_mark
            ) from None

    def construct_date(self, node: yaml.ScalarNode) -> str:
        """Leave a date as it is written: no key takes one, but a corpus may be named by its day."""
        return str(node.value)

    def _key(self, node: yaml.Node) -> Any:
        """Return what a key stands for; `<<` stands for itself."""
        return node.value if node.tag == _MERGE else self.construct_object(node, deep=True)


_UniqueKeys.add_constructor("tag:yaml.org,2002:timestamp", _UniqueKeys.construct_date)
