"""What orchestration costs: `build-corpus run` on the demo against the same stages in a plain loop in one process.

The loop calls the stage functions one after another on everything, in memory: no Ray, no shards, no Parquet, no
resume. All three write their dialogues with the LLM anew. Each number of seconds includes loading the models.

Each is timed twice, in the order loop, one worker, two workers, two workers, one worker, loop, and the mean of both is
taken: so a machine whose speed drifts slows all three alike.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from reporting import ROOT, parser, report

from manifests.records import Reject


class MemoryAnswers:
    """The LLM's answers in memory."""

    def __init__(self) -> None:
        self._answers: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        """Return an answer, or None."""
        return self._answers.get(key)

    def put(self, key: str, answer: bytes) -> None:
        """Keep an answer."""
        self._answers[key] = answer


def plain_loop(config_path: Path) -> float:
    """Run all stages in this process; return the seconds it took."""
    started = time.perf_counter()
    from noise import Catalogue
    from pipeline.artefacts import Artefacts
    from pipeline.config import load_config
    from pipeline.plan import Plan
    from pipeline.runners.noise import NoiseRunner
    from pipeline.storage import Store
    from stages.dialogues import DialogueStage, find_duplicates
    from stages.scenes import SceneStage
    from stages.speech import SpeechStage
    from stages.streams import StreamStage

    config = load_config(config_path)
    plan = Plan(config)
    slots = [slot for shard in range(plan.shards) for slot in plan.slots(shard)]
    with tempfile.TemporaryDirectory() as scratch:
        store = Store(scratch)
        for file in NoiseRunner(plan, Artefacts(store)).run(None).files:
            store.write(file.name, file.data)
        catalogue = Catalogue.open(scratch, config.scenes.noise.categories)

        writer = DialogueStage(config.dialogues, config.seed, MemoryAnswers())
        dialogues = kept(writer.process(slots))
        writer.close()
        left_out = {reject.dialogue_id for reject in find_duplicates(dialogues, config.dialogues)}
        dialogues = [dialogue for dialogue in dialogues if dialogue.slot.dialogue_id not in left_out]
        spoken = kept(SpeechStage(config.speech, config.seed).process(dialogues))
        scenes = kept(SceneStage(config.scenes, config.seed, catalogue).process(spoken))
        kept(StreamStage(config.streams).process(scenes))
    return time.perf_counter() - started


def kept(results: object) -> list:  # type: ignore[type-arg]
    """Return what a stage yields without its rejects."""
    return [result for result in results if not isinstance(result, Reject)]  # type: ignore[attr-defined]


def whole_run(config: Path, workers: int) -> float:
    """Run the command on an empty folder; return the seconds of its whole process."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "corpus"
        command = [sys.executable, "-m", "cli", "run", str(config), "--out", str(out), "--workers", str(workers)]
        started = time.perf_counter()
        subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - started
        shutil.rmtree(out)
    return seconds


def loop_in_own_process(config: Path) -> float:
    """Run the plain loop in a fresh process; return the seconds it measured, Python's start included."""
    started = time.perf_counter()
    subprocess.run([sys.executable, __file__, "--config", str(config), "--loop"], check=True, cwd=ROOT)
    return time.perf_counter() - started


def main() -> None:
    """Time the three, there and back, and report their ratios."""
    options = parser(str(__doc__))
    options.add_argument("--config", type=Path, default=ROOT / "configs" / "demo.yaml")
    options.add_argument("--loop", action="store_true", help="run the plain loop alone")
    arguments = options.parse_args()
    if arguments.loop:
        print(f"plain loop: {plain_loop(arguments.config):.1f} s")
        return
    timed: dict[str, list[float]] = {"loop_s": [], "run_1_worker_s": [], "run_2_workers_s": []}
    for name in [*timed, *reversed(timed)]:
        workers = {"run_1_worker_s": 1, "run_2_workers_s": 2}.get(name)
        seconds = whole_run(arguments.config, workers) if workers else loop_in_own_process(arguments.config)
        timed[name].append(seconds)
        print(f"{name}: {seconds:.1f}", flush=True)
    loop_s, one_s, two_s = (sum(seconds) / len(seconds) for seconds in timed.values())
    report(
        "orchestration",
        {
            "loop_s": loop_s,
            "run_1_worker_s": one_s,
            "run_2_workers_s": two_s,
            "overhead_1_worker": one_s / loop_s,
            "time_ratio_2_workers": two_s / loop_s,
            "loop_last_over_first": timed["loop_s"][1] / timed["loop_s"][0],
        },
        {
            "loop_s": "seconds of the stages in a plain loop, mean of two",
            "run_1_worker_s": "seconds of `build-corpus run --workers 1`, mean of two",
            "run_2_workers_s": "seconds of `build-corpus run --workers 2`, mean of two",
            "overhead_1_worker": "run with one worker over the loop (goal: at most 1.15)",
            "time_ratio_2_workers": "run with two workers over the loop (goal: at most 0.65)",
            "loop_last_over_first": "the second loop over the first: how the machine's speed drifted",
        },
        arguments.save,
    )


if __name__ == "__main__":
    main()
