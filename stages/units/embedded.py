"""The networks bundled with the project, pinned by sha256.

A damaged one that still loads would silently make different units or a different sound.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from manifests.digests import file_sha256
from manifests.errors import BuildError
from stages.onnx_sessions import open_with_metadata

PINS = Path(__file__).parent / "embedded.json"
"""The sha256 of each file, by its name; `make units` writes it with them."""


def open_network(path: Path, threads: int) -> tuple[Any, dict[str, str]]:
    """Return the session of a network and its metadata; a bundled one is checked first, once per process.

    Raises:
        BuildError: as `open_with_metadata` and `check_embedded`.
    """
    if path.parent == PINS.parent:
        check_embedded(path)
    return open_with_metadata(path, threads)


@cache
def check_embedded(path: Path) -> None:
    """Check a bundled file against its pin.

    Raises:
        BuildError: it differs from its pin, or it or the pins can't be read.
    """
    found, pinned = file_sha256(path), _pinned(path.name)
    if found != pinned:
        raise BuildError(
            f"this installation is damaged: {path} has sha256 {found}, but {PINS.name} next to it says {pinned}. "
            "Reinstall build-corpus, or retrain both networks with `make units`"
        )


def pins_of(files: dict[str, str]) -> bytes:
    """Return the content of `PINS` for the sha256 of files, by name."""
    return (json.dumps(files, indent=2, sort_keys=True) + "\n").encode()


def _pinned(name: str) -> str | None:
    try:
        pin: str | None = json.loads(PINS.read_text(encoding="utf-8")).get(name)
    except (OSError, ValueError, AttributeError) as error:
        raise BuildError(
            f"this installation is damaged: {PINS} can't be read ({error}). Reinstall build-corpus"
        ) from error
    return pin
