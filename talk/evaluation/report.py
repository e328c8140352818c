"""The results of a split in the loop, as tables for people and numbers for programs."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from talk.evaluation.duplex_bench import TaskScore
from talk.evaluation.listen import LATER_S
from talk.session import DelayBudget
from training.evaluation.judge import Judged
from training.evaluation.record import scores_to_json
from training.evaluation.response_plot import response_plot
from training.evaluation.scores import Scores
from training.evaluation.table import markdown_table, number, percent, turn_taking_tables

PLOT = "live-response.svg"
BY_KIND = 5
"""The rows that are no baseline's come first."""


@dataclass(frozen=True)
class LiveReport:
    """A live evaluation.

    Attributes:
        checkpoint: its folder.
        measured_on: corpus, timing profile, split and dialogues, in words.
        settings: how the model spoke.
        scores: by who answers, and by what it is told that they speak.
        tasks: of Full-Duplex-Bench.
        rated: an LLM's word on what is said behind interruptions, 0 to 5; None: nobody was asked.
        rates: units a second of each part.
        left_out: what could not be measured, and why.
    """

    checkpoint: str
    measured_on: str
    settings: dict[str, Any]
    scores: dict[str, Scores]
    tasks: Sequence[TaskScore]
    rated: Judged | None
    rates: dict[str, str]
    left_out: dict[str, str]


def write_report(console: Console, report: LiveReport, out: Path) -> None:
    """Print the tables, and write live.md, live.json and a plot of the response times to the existing folder `out`."""
    tables = _markdown(report)
    (out / "live.md").write_text(tables, encoding="utf-8")
    (out / "live.json").write_text(json.dumps(_values(report), indent=1) + "\n", encoding="utf-8")
    curves = [(who, scores.all_of("assistant_takes")) for who, scores in report.scores.items()]
    plot = response_plot(f"the assistant takes the floor: {report.measured_on}", curves)
    (out / PLOT).write_text(plot, encoding="utf-8")
    console.print(tables, highlight=False, soft_wrap=True, markup=False)
    written = f"written to {out}: live.md, live.json, {PLOT}, full-duplex-bench/"
    console.print(written, highlight=False, soft_wrap=True, markup=False)


def _markdown(report: LiveReport) -> str:
    later = f"{1000 * LATER_S:.0f}"
    parts = [
        f"# {report.checkpoint} in the loop",
        f"Measured on {report.measured_on}. Each dialogue's user was played from start to end and does not react. "
        f"Times are a listener's: {DelayBudget().described}. `its units` are counted when they are heard; `as heard` "
        f"is what a VAD finds in the audio. With {later} ms taken off, units are placed next to the user's as in "
        "training: only that row compares with `build-corpus evaluate --whole`. The paper's times are in tokens too.",
        "The model spoke with " + ", ".join(f"{key} {value}" for key, value in report.settings.items()) + ".",
        *turn_taking_tables(report.scores, {}, report.measured_on, tuple(report.scores)[:BY_KIND]),
        "## Full-Duplex-Bench's scores",
        "Measured on samples cut from the same dialogues, by the definitions of arXiv 2503.04721. The benchmark's own "
        "samples are different, so its published figures are not comparable.",
        markdown_table(
            ["task", "samples", "takeover rate %", "latency s", "backchannels per second", "JSD", "rating, 0 to 5"],
            [
                [
                    score.task,
                    str(score.samples),
                    percent(score.takeover_rate),
                    number(score.latency_s, 2),
                    number(score.backchannels_per_s, 3),
                    number(score.divergence, 2),
                    _rating(report.rated) if score.task == "user_interruption" else number(None),
                ]
                for score in report.tasks
            ],
        ),
    ]
    if report.left_out:
        parts += ["## Not measured", "\n".join(f"- {what}: {why}" for what, why in report.left_out.items())]
    parts += ["## Rates", "\n".join(f"- {what}: {rate}" for what, rate in report.rates.items())]
    return "\n\n".join(parts) + "\n"


def _rating(rated: Judged | None) -> str:
    if rated is None:
        return number(None)
    return number(rated.mean, 2) + (f" ({rated.failed} of {rated.answers} without a rating)" if rated.failed else "")


def _values(report: LiveReport) -> dict[str, object]:
    return {
        "checkpoint": report.checkpoint,
        "measured_on": report.measured_on,
        "settings": report.settings,
        "delay_budget_s": asdict(DelayBudget()),
        "later_s": round(LATER_S, 3),
        "turn_taking": {who: scores_to_json(scores) for who, scores in report.scores.items()},
        "full_duplex_bench": [asdict(score) for score in report.tasks],
        "rating": report.rated and asdict(report.rated),
        "rates": report.rates,
        "left_out": report.left_out,
    }
