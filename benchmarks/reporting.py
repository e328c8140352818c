"""How a benchmark reports: a readable table, then one JSON object; with --save also a file in results/."""

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from manifests.digests import file_sha256

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
PACKAGES = (
    "ray",
    "numpy",
    "pyarrow",
    "datasets",
    "onnxruntime",
    "ctranslate2",
    "kokoro-onnx",
    "piper-tts",
    "xllamacpp",
    "torch",
    "transformers",
    "accelerate",
)

Figures = dict[str, float | int | str]


def parser(description: str) -> argparse.ArgumentParser:
    """Return a parser with the option that every benchmark has."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--save", action="store_true", help="write the figures to benchmarks/results/")
    return made


def check_saved_weights(name: str, weights: Sequence[Path]) -> None:
    """Check that what a benchmark has saved was measured with these files: figures beside it must be of the same.

    Raises:
        SystemExit: it was not, or nothing is saved.
    """
    path = RESULTS / f"{name}.json"
    saved = json.loads(path.read_text(encoding="utf-8"))["weights"] if path.exists() else None
    if saved != _digests(weights):
        raise SystemExit(f"{path} was not measured with the present {', '.join(_digests(weights))}: run it whole")


def report(name: str, figures: Figures, notes: dict[str, str], save: bool, weights: Sequence[Path] = ()) -> None:
    """Print the figures of one benchmark with what they mean, and save them, if asked, with the weights' sha256."""
    table = Table("figure", "value", "what it is", title=name)
    for key, value in figures.items():
        table.add_row(key, f"{value:.4g}" if isinstance(value, float) else str(value), notes.get(key, ""))
    Console().print(table)
    if save:
        RESULTS.mkdir(exist_ok=True)
        record = {
            "benchmark": name,
            "command": f"python benchmarks/{Path(sys.argv[0]).name} {' '.join(sys.argv[1:])}",
            "date": datetime.now(UTC).date().isoformat(),
            "commit": _commit(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "versions": {package: version(package) for package in PACKAGES},
            **({"weights": _digests(weights)} if weights else {}),
            "figures": figures,
        }
        (RESULTS / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(figures))


def _commit() -> str:
    """Return the commit of the code, marked where files differ from it; empty outside a clone."""
    asked = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    return subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def _digests(files: Sequence[Path]) -> dict[str, str]:
    return {file.name: file_sha256(file) for file in files}
