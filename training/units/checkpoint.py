"""A training's state on disk, so that a stopped one resumes and reaches the same weights."""

from pathlib import Path
from typing import Any, Protocol

import torch

from manifests.whole_file import written_whole


class Stateful(Protocol):
    """Whatever a training changes: modules, optimizers, schedules."""

    def state_dict(self) -> dict[str, Any]:
        """Return the state."""
        ...

    def load_state_dict(self, state_dict: dict[str, Any]) -> Any:
        """Take the state."""
        ...


class Checkpoint:
    """The parts of a training, torch's generator and the steps that were done, in one file written whole.

    Args:
        file: where; none there means that nothing was done.
        every: steps between two savings.
        parts: what the training changes.
    """

    def __init__(self, file: Path, every: int, *parts: Stateful) -> None:
        self._file = file
        self._every = every
        self._parts = parts

    def resume(self) -> int:
        """Take the saved state, if there is one, and return the steps done."""
        if not self._file.exists():
            return 0
        saved = torch.load(self._file, weights_only=True)
        for part, state in zip(self._parts, saved["parts"], strict=True):
            part.load_state_dict(state)
        torch.set_rng_state(saved["generator"])
        return int(saved["steps"])

    def done(self, steps: int) -> None:
        """Save, if it is time, the state after so many steps."""
        if steps % self._every:
            return
        saved = {
            "parts": [part.state_dict() for part in self._parts],
            "generator": torch.get_rng_state(),
            "steps": steps,
        }
        with written_whole(self._file) as partial:
            torch.save(saved, partial)
