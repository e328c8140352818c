"""Arguments and options that several commands take."""

from math import isfinite
from pathlib import Path
from typing import Annotated

import typer

from manifests.names import Split


def finite(value: float | None) -> float | None:
    """Refuse infinity, which an option's lowest value lets pass."""
    if value is not None and not isfinite(value):
        raise typer.BadParameter(f"must be a finite number, not {value}.")
    return value


ConfigArgument = Annotated[Path, typer.Argument(help="Config file, for example configs/demo.yaml.", metavar="CONFIG")]
CorpusArgument = Annotated[str, typer.Argument(help="Corpus folder or URL, as given to run --out.", metavar="DIR")]
CheckpointArgument = Annotated[
    Path, typer.Argument(help="Checkpoint folder, for example runs/tiny/three_stream/final.", metavar="CHECKPOINT")
]
SplitOption = Annotated[Split, typer.Option(help="Split to evaluate on.")]
LimitOption = Annotated[
    int | None, typer.Option(min=1, help="Maximum number of dialogues (the first ones are used); default: all.")
]
TemperatureOption = Annotated[
    float, typer.Option(min=0, callback=finite, help="Sampling temperature; 0 always takes the likeliest token.")
]
TopKOption = Annotated[int, typer.Option(min=0, help="Sample from this many of the likeliest tokens; 0: from all.")]
TopPOption = Annotated[
    float,
    typer.Option(min=0.01, max=1, help="Sample from the likeliest tokens that make up this share of the probability."),
]
SeedOption = Annotated[int, typer.Option(min=0, help="Random seed for sampling and the random baseline.")]
TrainSeedOption = Annotated[
    int | None,
    typer.Option(min=0, max=2**32 - 1, help="Random seed for training (weights and row order); default: the config's."),
]
