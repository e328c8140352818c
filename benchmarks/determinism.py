"""Same config, same bytes: the demo with one worker, with two, and killed with SIGKILL in every stage and resumed.

The LLM's raw answers of the first run are the record that the others replay; everything after them is made anew.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from reporting import ROOT, parser, report

from pipeline.config import load_config
from pipeline.plan import Plan
from pipeline.runners import StageSpec, stages_of
from pipeline.storage import Store, sha256

PUBLISHED = ("data", "preview", "README.md", "config.yaml", "vocabulary.json")


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


def at_work(stage: StageSpec, stages: tuple[StageSpec, ...], shards: int, store: Store) -> bool:
    """Tell whether a stage has begun and is not done: by its records, or by a worker once its inputs are there."""
    done = len(store.names(f"manifests/{stage.name}"))
    if stage.scope == "shard":
        return 0 < done < shards
    needed = [other for other in stages if other.name in stage.needs]
    inputs_there = all(len(store.names(f"manifests/{other.name}")) == shards for other in needed)
    return inputs_there and not done and worker_runs()


def worker_runs() -> bool:
    """Tell whether any Ray worker on this machine is doing a task; Ray names the process after the method."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if path.read_bytes().startswith(b"ray::Worker.run"):
                return True
    return False


def kill_in(stage: StageSpec, config: Path, out: Path) -> bool:
    """Start the run and kill it while `stage` is at work; return False if it was over too soon to be caught."""
    stages, shards = stages_of(load_config(config)), Plan(load_config(config)).shards
    running = subprocess.Popen(command(config, out, 2), cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        while running.poll() is None:
            if at_work(stage, stages, shards, Store(str(out))):
                time.sleep(0.2)
                return True
            time.sleep(0.02)
        return False
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        while worker_runs():  # Ray ends the orphaned workers; the next run must not take them for its own
            time.sleep(0.1)


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
        stages = stages_of(load_config(arguments.config))
        kills = [stage.name for stage in stages if kill_in(stage, arguments.config, killed)]
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
