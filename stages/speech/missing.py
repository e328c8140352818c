"""What to say when an engine's package is not installed."""

import importlib.util
from importlib import metadata

from manifests.errors import BuildError


def require_packages(engine: str, *modules: str) -> None:
    """Check, without importing them, that an engine's modules are installed.

    Raises:
        BuildError: one is not; the message names the extra that brings it.
    """
    for module in modules:
        if importlib.util.find_spec(module) is None:
            raise BuildError(
                f"speech: engine {engine!r} needs the module {module!r}: `pip install -e '.[engines]'`, or choose "
                f"another engine under speech.assistant and speech.user"
            )


def installed_version(distribution: str) -> str:
    """Return ``"name version"`` of an installed distribution.

    Raises:
        BuildError: it is not installed.
    """
    try:
        return f"{distribution} {metadata.version(distribution)}"
    except metadata.PackageNotFoundError:
        raise BuildError(f"speech: {distribution} is not installed: `pip install -e '.[engines]'`") from None
