"""Listing and fetching the weights of the embedded engines."""

from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Column, Table

from stages import weights


def print_weights(console: Console) -> None:
    """Print a table of all weights, and the location of their cache."""
    name = Column("weights", no_wrap=True)  # what `models pull` takes
    table = Table(name, *(Column(head, overflow="fold") for head in ("what", "licence", "MB", "in cache")))
    for entry in weights.REGISTRY:
        here = "yes" if weights.is_present(entry.name) else "no"
        table.add_row(entry.name, entry.what, entry.licence, f"{entry.size / 1e6:.0f}", here)
    console.print(table)
    console.print(f"cache: {weights.cache_folder()}", highlight=False, soft_wrap=True, markup=False)


def pull_with_progress(console: Console, names: Sequence[str]) -> None:
    """Fetch weights, each with a bar on a terminal or a line elsewhere."""
    entries = [weights.weights(name) for name in names]
    columns = (TextColumn("{task.description:<24}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        tasks = {entry.name: bars.add_task(entry.name, total=entry.size) for entry in entries}
        for entry in entries:
            weights.pull([entry.name], lambda name, size: bars.advance(tasks[name], size))
            weights.ensure(entry.name)
            if not console.is_terminal:
                console.print(f"weights {entry.name}: {entry.size / 1e6:.0f} MB, sha256 as pinned", highlight=False)
