"""Arguments and options that several commands take."""

from math import isfinite
from pathlib import Path
from typing import Annotated

import typer

from manifests.names import Split


def finite(value: float | None) -> float | None:
    """Refuse infinity, which an option's lowest value lets pass."""
    if value is not None and not isfinite(value):
        raise typer.BadParameter(f"{value} is no finite number; give one, or leave the option away.")
    return value


ConfigArgument = Annotated[Path, typer.Argument(help="Config file, for example configs/demo.yaml.", metavar="CONFIG")]
CorpusArgument = Annotated[str, typer.Argument(help="Corpus folder or URL, as given to run --out.", metavar="DIR")]
CheckpointArgument = Annotated[
    Path, typer.Argument(help="Checkpoint folder, for example runs/tiny/three_stream/final.", metavar="CHECKPOINT")
]
SplitOption = Annotated[Split, typer.Option(help="The corpus's split.")]
LimitOption = Annotated[int | None, typer.Option(min=1, help="Dialogues at most, the first ones; default: all.")]
TemperatureOption = Annotated[
    float, typer.Option(min=0, callback=finite, help="Of sampling; 0 takes the likeliest token.")
]
TopKOption = Annotated[int, typer.Option(min=0, help="Sample among so many of the likeliest tokens; 0: among all.")]
TopPOption = Annotated[float, typer.Option(min=0.01, max=1, help="Sample among the likeliest tokens of this mass.")]
SeedOption = Annotated[int, typer.Option(min=0, help="Of the sampling and of the random baseline.")]
TrainSeedOption = Annotated[
    int | None,
    typer.Option(min=0, max=2**32 - 1, help="Of weights and order of the training; default: the config's."),
]
