"""Building a corpus as a user does: the command, in a process of its own."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

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
