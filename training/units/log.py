"""The log of a training: losses and the seconds of each stage, one JSON object a line."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from manifests.whole_file import written_whole


class Log:
    """A file that grows by a line at a time; what earlier runs wrote is kept."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self.file = file

    def write(self, **values: float | str) -> None:
        """Add a line and print it."""
        line = json.dumps({name: round(v, 4) if isinstance(v, float) else v for name, v in values.items()})
        with self.file.open("a", encoding="utf-8") as lines:
            lines.write(line + "\n")
        print(line, flush=True)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the wall seconds of what is done inside, also where it is stopped: a stage's seconds add up over runs.

        A run that is killed outright leaves none.
        """
        begin = time.perf_counter()
        try:
            yield
        finally:
            self.write(stage=f"{stage} seconds", seconds=time.perf_counter() - begin)

    def go_on(self, stage: str, step: int) -> None:
        """Drop what a stopped training wrote from a step on: the resumed one writes it again."""
        if not self.file.exists():
            return
        lines = self.file.read_text("utf-8").splitlines(keepends=True)
        with written_whole(self.file) as partial:
            partial.write_text("".join(line for line in lines if not _written_again(line, stage, step)), "utf-8")


def _written_again(line: str, stage: str, step: int) -> bool:
    values = json.loads(line)
    its_own: str = values["stage"]
    return its_own == f"{stage} held out" or (its_own == stage and int(values["step"]) >= step)
