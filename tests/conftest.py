"""One small corpus, built as a user would, that all tests of finished corpora read."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

SMALL_CONFIG = """
name: small
seed: 3
corpus: {dialogues: 7, dialogues_per_shard: 2, validation_share: 0.29, test_share: 0.29, max_lost_share: 0.5}
dialogues:
  source: llm
  turns: {min: 4, max: 4}
  interruption_share: 0.5
  llm: {provider: local}
speech:
  user: {engine: kokoro, blends: 4}
scenes: {}
streams: {}
preview: {dialogues: 4}
"""


@dataclass(frozen=True)
class BuiltCorpus:
    """A corpus folder, its config file, and what the command printed."""

    folder: Path
    config: Path
    printed: str


def build_corpus(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    command = [sys.executable, "-m", "cli", *arguments]
    environment = {**os.environ, "COLUMNS": "160"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> BuiltCorpus:
    """The small corpus, built once a session on the embedded engines."""
    folder = tmp_path_factory.mktemp("corpus")
    config = folder / "small.yaml"
    config.write_text(SMALL_CONFIG, encoding="utf-8")
    out = folder / "small"
    done = build_corpus("run", str(config), "--out", str(out))
    return BuiltCorpus(out, config, done.stdout)
