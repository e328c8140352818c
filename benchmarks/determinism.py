"""Same config, same bytes: the demo with one worker, with two, and killed with SIGKILL in every stage and resumed.

The LLM's raw answers of the first run are the record that the others replay; everything after them is made anew.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from reporting import parser, report

from pipeline.artefacts import Artefacts
from pipeline.config import load_config
from pipeline.facts import completions
from pipeline.plan import Plan
from pipeline.steps import StepInfo, steps_of
from pipeline.storage import Store, sha256

ROOT = Path(__file__).resolve().parent.parent
PUBLISHED = ("data", "preview", "README.md", "vocabulary.json")


def command(config: Path, out: Path, workers: int) -> list[str]:
    """Return the command line of a run."""
    return [sys.executable, "-m", "cli", "run", str(config), "--out", str(out), "--workers", str(workers)]


def build(config: Path, out: Path, workers: int) -> None:
    """Run to the end."""
    subprocess.run(command(config, out, workers), check=True, cwd=ROOT, stdout=subprocess.DEVNULL)


def hashes(out: Path) -> dict[str, str]:
    """Return the sha256 of every published file, by its path in the corpus."""
    files = [path for top in PUBLISHED for path in ([out / top] if (out / top).is_file() else (out / top).rglob("*"))]
    return {str(path.relative_to(out)): sha256(path.read_bytes()) for path in files if path.is_file()}


def differing(left: dict[str, str], right: dict[str, str]) -> int:
    """Return how many files are missing on one side or differ."""
    return sum(left.get(path) != right.get(path) for path in left.keys() | right.keys())


def with_answers_of(first: Path, out: Path, config: Path) -> Path:
    """Prepare a folder that holds the first run's LLM answers and nothing else of it."""
    from pipeline.claim import claim

    claim(Store(str(out)), load_config(config), None)
    if (first / "answers").exists():
        shutil.copytree(first / "answers", out / "answers")
    return out


def kill_in(step: StepInfo, config: Path, out: Path) -> bool:
    """Start the run and kill it while `step` is at work; return False if the step was over too soon to be caught."""
    run_config = load_config(config)
    artefacts = Artefacts(Store(str(out)))
    units = 1 if step.scope == "corpus" else Plan(run_config).shards
    before = [other for other in steps_of(run_config) if other.name in step.needs]
    running = subprocess.Popen(command(config, out, 2), cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        while running.poll() is None:
            done = len(completions(artefacts, step, units))
            ready = all(completions(artefacts, other, Plan(run_config).shards) for other in before)
            if 0 < done < units or (units == 1 and ready and not done):
                time.sleep(1.0 if units == 1 else 0.2)
                return True
            time.sleep(0.02)
        return False
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def main() -> None:
    """Compare the runs and report."""
    options = parser(str(__doc__))
    options.add_argument("--config", type=Path, default=ROOT / "configs" / "demo.yaml")
    arguments = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        first = Path(scratch) / "one-worker"
        build(arguments.config, first, 1)
        expected = hashes(first)

        two = with_answers_of(first, Path(scratch) / "two-workers", arguments.config)
        build(arguments.config, two, 2)

        killed = with_answers_of(first, Path(scratch) / "killed", arguments.config)
        steps = steps_of(load_config(arguments.config))
        kills = [step.name for step in steps if kill_in(step, arguments.config, killed)]
        build(arguments.config, killed, 2)

        report(
            "determinism",
            {
                "files": len(expected),
                "differing_files_workers": differing(expected, hashes(two)),
                "differing_files_killed": differing(expected, hashes(killed)),
                "kills": len(kills),
                "killed_in": ", ".join(kills),
            },
            {
                "files": "published files of the run with one worker",
                "differing_files_workers": "files whose sha256 differs with two workers",
                "differing_files_killed": "files whose sha256 differs after all kills and resumes",
                "kills": "SIGKILLs of driver and workers",
                "killed_in": "stages that were at work when the kill came",
            },
            arguments.save,
        )


if __name__ == "__main__":
    main()
