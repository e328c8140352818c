"""The log of a stage's training: a line of JSON per step, TensorBoard, and the plot of its losses."""

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch.utils.tensorboard import SummaryWriter

from manifests.errors import BuildError
from manifests.whole_file import written_whole
from training.duplex.plots import loss_plot

LOG = "log.jsonl"
PLOT = "loss.svg"


class StageLog:
    """Appends to a stage's log; lines logged after the step that training resumes from are removed.

    Args:
        folder: the stage's.
        done: steps that the checkpoint has.

    Raises:
        BuildError: a file can't be written; every method raises it too.
    """

    def __init__(self, folder: Path, done: int) -> None:
        self._folder = folder
        with _explained(folder):
            kept = [json.dumps(record) + "\n" for record in read_log(folder) if record["step"] <= done]
            with written_whole(folder / LOG) as partial:
                partial.write_text("".join(kept), encoding="utf-8")
            self._file = (folder / LOG).open("a", encoding="utf-8")
            self._board = SummaryWriter(str(folder / "tensorboard"), purge_step=done + 1)

    def step(self, step: int, losses: Mapping[str, float], **others: float) -> None:
        """Log a step."""
        self._write({"step": step, "train": dict(losses), **others})

    def board(self, step: int, losses: Mapping[str, float], **others: float) -> None:
        """Send mean training losses, and other numbers, to TensorBoard."""
        for name, value in {**{f"train/{name}": loss for name, loss in losses.items()}, **others}.items():
            self._board.add_scalar(name, value, step)

    def validation(self, step: int, losses: Mapping[str, float]) -> None:
        """Log the losses on the validation split."""
        self._write({"step": step, "validation": dict(losses)})
        for name, loss in losses.items():
            self._board.add_scalar(f"validation/{name}", loss, step)

    def plot(self, title: str) -> None:
        """Draw the losses so far as `PLOT`."""
        with _explained(self._folder / PLOT):
            (self._folder / PLOT).write_text(loss_plot(title, *curves(self._folder)), encoding="utf-8")

    def close(self) -> None:
        """Flush and close the files."""
        self._file.close()
        self._board.close()

    def _write(self, record: Mapping[str, Any]) -> None:
        with _explained(self._folder / LOG):
            self._file.write(json.dumps(record) + "\n")
            self._file.flush()


def read_log(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the records of a stage's log; a last line that was cut by a kill is skipped."""
    path = folder / LOG
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            yield json.loads(line)
        except ValueError:
            return


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BuildError(
            f"{path} can't be written: {error}; free some space and run the same command to resume from the last "
            "checkpoint"
        ) from error


def curves(folder: Path) -> tuple[list[tuple[int, float]], list[tuple[int, float]]]:
    """Return (step, loss) of training and of validation."""
    records = [*read_log(folder)]
    train, validation = (
        [(record["step"], record[name]["loss"]) for record in records if name in record]
        for name in ("train", "validation")
    )
    return [(step, loss) for step, loss in train if math.isfinite(loss)], validation
