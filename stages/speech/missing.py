"""The error when an engine's package is not installed."""

import importlib.util

from manifests.extras import missing_extra


def require_packages(engine: str, *modules: str) -> None:
    """Check, without importing them, that an engine's modules are installed.

    Raises:
        BuildError: one is not; the message names the extra that brings it.
    """
    for module in modules:
        if importlib.util.find_spec(module) is None:
            raise missing_extra(
                f"speech: engine {engine!r} needs the module {module!r}",
                "engines",
                "or choose another engine under speech.assistant and speech.user",
            )
