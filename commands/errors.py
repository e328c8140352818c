"""How commands report failure, and where they print."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from manifests.extras import Extra

_LOG_WIDTH = 120
"""Of output that is not a terminal's, for which rich takes 80 columns: too few for the table of timing."""


def console() -> "Console":
    """Return the console that commands print to; in a log, tables have room for all their columns."""
    from rich.console import Console  # only where something is printed

    made = Console()
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = _LOG_WIDTH
    return made


@contextmanager
def extra_explained(extra: "Extra") -> Iterator[None]:
    """Say which extra has the package that is missing."""
    from manifests.extras import missing_extra

    try:
        yield
    except ModuleNotFoundError as missing:
        raise missing_extra(str(missing), extra) from missing


@contextmanager
def errors_explained(if_stopped: str = "") -> Iterator[None]:
    """Print a `BuildError`, a machine fault or an interruption as a single message, without a traceback.

    Args:
        if_stopped: what remains of the work that the fault or the interruption stopped.
    """
    from manifests.errors import BuildError

    try:
        yield
    except BuildError as error:
        typer.secho(f"error: {error}", err=True, fg="red")
        raise typer.Exit(1) from None
    except OSError as error:
        typer.secho("; ".join(filter(None, (f"error: {error}", if_stopped))), err=True, fg="red")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        typer.echo("; ".join(filter(None, ("stopped", if_stopped))), err=True)
        raise typer.Exit(130) from None
