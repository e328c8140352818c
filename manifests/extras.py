"""Packages that may not be installed: their versions, and what to say if they are missing."""

from importlib import metadata
from typing import Literal

from manifests.errors import BuildError

Extra = Literal["engines", "annotations", "acoustics", "talk", "train", "codecs"]
"""Optional dependencies, by their names in pyproject.toml."""


def missing_extra(what: str, extra: Extra | None = None, otherwise: str = "") -> BuildError:
    """Return the error that says how to install what is missing.

    The project isn't on any package index: its name there could belong to anyone.

    Args:
        what: what needs which package, or that one is not installed.
        extra: the one that includes it; None: it comes with the project itself.
        otherwise: another fix, for example ``"or set share: 0"``.
    """
    project = f".[{extra}]" if extra else "."
    way_out = f'run pip install -c constraints.txt -e "{project}" in the project\'s folder'
    return BuildError(f"{what}: {way_out}{f', {otherwise}' if otherwise else ''}")


def installed_version(distribution: str, extra: Extra | None = None, otherwise: str = "") -> str:
    """Return ``"name version"`` of an installed distribution, without importing it.

    Args:
        distribution: its name.
        extra, otherwise: as `missing_extra`.

    Raises:
        BuildError: it is not installed.
    """
    try:
        return f"{distribution} {metadata.version(distribution)}"
    except metadata.PackageNotFoundError:
        raise missing_extra(f"{distribution} is not installed", extra, otherwise) from None
