"""`build-corpus evaluate`: measures a checkpoint on a split of a corpus, part by part, and writes tables."""

import json
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from training.evaluation.moments import Task
from training.evaluation.out_folder import make_out
from training.evaluation.parts import EvaluationParts
from training.evaluation.record import Evaluation, to_json
from training.evaluation.response_plot import response_plot
from training.evaluation.scores import Scores
from training.evaluation.subject import Options, Subject, open_subject, parts_left_out
from training.evaluation.table import to_markdown

_PLOTTED: dict[Task, str] = {"assistant_takes": "the assistant takes the floor", "user_takes": "the assistant yields"}


def evaluate(console: Console, checkpoint: Path, corpus: str, options: Options, out: Path) -> Evaluation:
    """Evaluate a checkpoint, print the tables, and write evaluation.json, evaluation.md and the plots into `out`.

    Raises:
        BuildError: the checkpoint or corpus doesn't exist, the vocabularies differ, the split is missing or empty,
            there is nothing to score, or `out` can't be written to. If the judge's endpoint refuses, the report says
            so.
    """
    subject = open_subject(checkpoint, corpus, options)
    make_out(out)
    evaluation, files = measure(console, subject, options)
    report = to_markdown(evaluation)
    files = {
        "evaluation.md": report,
        "evaluation.json": json.dumps(to_json(evaluation), indent=1) + "\n",
        **files,
    }
    for name, content in files.items():
        (out / name).write_text(content, encoding="utf-8")
    console.print(report, highlight=False, soft_wrap=True, markup=False)
    console.print(f"written to {out}: {', '.join(files)}", highlight=False, soft_wrap=True, markup=False)
    return evaluation


def measure(console: Console, subject: Subject, options: Options) -> tuple[Evaluation, dict[str, str]]:
    """Return the measurements, and further files to look at, by name.

    Raises:
        BuildError: nothing to score.
    """
    parts = EvaluationParts(console, subject, options)
    skipped = parts_left_out(options.parts, subject.stage)
    parts.left_out |= skipped
    scores, voices = parts.turn_taking() if "turn-taking" not in skipped else (None, {})
    evaluation = Evaluation(
        checkpoint=str(subject.checkpoint),
        measured_on=subject.measured_on(options.split),
        settings={
            "config": subject.config,
            "free run": "whole dialogues" if options.whole else "from each decision on",
            **asdict(options.sampling),
            "seed": options.seed,
            "device": subject.model.device.type,
        },
        scores=scores,
        voices=voices,
        losses=parts.losses() if "losses" not in skipped else None,
        transcription=parts.transcription() if "transcription" not in skipped else None,
        speaking=parts.speaking() if "speaking" not in skipped else None,
        judged=parts.judged(),
        rates={doing: rate.described for doing, rate in parts.rates.items()},
        left_out=parts.left_out,
    )
    return evaluation, {**_plots(scores or {}, evaluation.measured_on.name), **parts.files}


def _plots(scores: dict[str, Scores], measured_on: str) -> dict[str, str]:
    return {
        f"response-{task.replace('_', '-')}.svg": response_plot(
            f"{what}: {measured_on}", [(who, one.all_of(task)) for who, one in scores.items()]
        )
        for task, what in _PLOTTED.items()
        if scores
    }
