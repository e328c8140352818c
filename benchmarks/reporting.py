"""How a benchmark reports: a readable table, then one JSON object; with --save also a file in results/."""

import argparse
import json
import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

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


def saved_figures(name: str) -> Figures:
    """Return the figures that a benchmark has saved.

    Raises:
        SystemExit: it has saved none.
    """
    path = RESULTS / f"{name}.json"
    if not path.exists():
        raise SystemExit(f"{path} is not there; run the benchmark with --save first")
    figures: Figures = json.loads(path.read_text(encoding="utf-8"))["figures"]
    return figures


def report(name: str, figures: Figures, notes: dict[str, str], save: bool) -> None:
    """Print the figures of one benchmark with what they mean, and save them if asked."""
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
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "versions": {package: version(package) for package in PACKAGES},
            "figures": figures,
        }
        (RESULTS / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(figures))
