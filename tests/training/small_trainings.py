"""Trainings that take seconds, run as a user would."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from training.duplex.config import TrainConfig
from training.duplex.curriculum import train

SMALL = {"kind": "scratch", "hidden_size": 16, "intermediate_size": 32, "layers": 1, "heads": 2, "key_value_heads": 1}


def stage(name: str, **changes: Any) -> dict[str, Any]:
    given = {
        "name": name,
        "configs": [name],
        "steps": 4,
        "learning_rate": 0.003,
        "max_length": 256,
        "tokens_per_step": 512,
    }
    return {**given, **changes}


def config(corpus: Path, *stages: dict[str, Any], **changes: Any) -> TrainConfig:
    given = {
        "corpus": str(corpus),
        "model": SMALL,
        "curriculum": list(stages),
        "precision": "float32",
        "loader": {"workers": 0, "window_rows": 16},
        "log": {"log_every": 2, "evaluate_every": 2, "save_every": 2, "evaluate_tokens": 512},
    }
    return TrainConfig.model_validate({**given, **changes})


ROOT = Path(__file__).resolve().parents[2]


class Terminal(io.StringIO):
    """A terminal at which somebody presses ctrl-C when a certain text is shown."""

    def __init__(self, interrupt_at: str | None = None) -> None:
        super().__init__()
        self._interrupt_at = interrupt_at

    def write(self, text: str) -> int:
        if self._interrupt_at is not None and self._interrupt_at in text:
            raise KeyboardInterrupt
        return super().write(text)


def run(made: TrainConfig, out: Path) -> str:
    terminal = Terminal()
    train(made, out, Console(file=terminal, width=400))
    return terminal.getvalue()


def interrupted(made: TrainConfig, out: Path, at: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(made, out, Console(file=Terminal(at), width=400))


def command(made: TrainConfig, out: Path) -> subprocess.Popen[str]:
    """Start `build-corpus train` in a process of its own."""
    file = out.with_suffix(".yaml")
    file.write_text(yaml.safe_dump(made.model_dump(exclude_none=True)))
    return subprocess.Popen(
        [sys.executable, "-m", "cli", "train", str(file), "--out", str(out)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def losses(folder: Path) -> dict[int, float]:
    records = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return {record["step"]: record["train"]["loss"] for record in records if "train" in record}
