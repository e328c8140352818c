"""When the models of `make proof` speak, over their seeds: on held-out dialogues, other voices and another timing.

Figures of a model are means over the seeds, `_worst` those of the seed that is worst there; the baselines hear nothing
and are scored on the same moments (docs/evaluation.md). Every evaluation is written beside its checkpoint.
"""

from collections.abc import Callable
from pathlib import Path
from statistics import mean

from reporting import Figures, parser, report
from rich.console import Console

from training.evaluation.evaluate import evaluate
from training.evaluation.losses import ALL
from training.evaluation.record import CORPUS, MODEL, Evaluation
from training.evaluation.scores import Scores
from training.evaluation.subject import Options
from training.evaluation.turn_taking import KS

OF_CORPUS = {"": "corpus/proof", "voices_": "corpus/proof-voices", "human_": "corpus/proof-human"}
"""What the figures of each corpus begin with."""
BASELINES = ("always silent", "always talking", "random")

NOTES = {
    "assistant_acc_10": "share of the user's turn ends 400 ms after which the assistant speaks; goal >= .66",
    "assistant_acc_25": "the same after 1 s; goal >= .72",
    "assistant_ms": "mean response over those within 1.5 s; goal <= 400",
    "user_acc_25": "share of the user's onsets over the assistant 1 s after which it is silent; goal >= .52",
    "false_start_rate": "per minute of the user's holding the floor",
    "voices_assistant_acc_10": "other dialogues by voices that the training has not heard",
    "human_assistant_acc_10": "the same dialogues and voices in timing profile human, which the training has not heard",
    "corpus_itself_assistant_acc_10": "what a perfect imitation of the corpus would get",
}


def main() -> None:
    """Evaluate and report."""
    options = parser(__doc__ or "")
    options.add_argument("--runs", type=Path, default=Path("runs/tiny"), help="folder with seed-0, seed-1, ...")
    options.add_argument("--stage", default="three_stream", help="whose checkpoint is evaluated")
    arguments = options.parse_args()
    checkpoints = sorted(arguments.runs.glob(f"seed-*/{arguments.stage}/final"))
    if not checkpoints:
        raise SystemExit(f"{arguments.runs}: no seed-*/{arguments.stage}/final; make proof trains them")
    figures: Figures = {"seeds": len(checkpoints)}
    for prefix, corpus in OF_CORPUS.items():
        if not Path(corpus).is_dir():
            print(f"{corpus} is not there and is left out; make {corpus} builds it")
            continue
        evaluations = [_evaluation(checkpoint, corpus) for checkpoint in checkpoints]
        figures |= _figures(prefix, evaluations)
    report("turn_taking", figures, NOTES, arguments.save)


def _evaluation(checkpoint: Path, corpus: str) -> Evaluation:
    out = checkpoint.parent / f"evaluation-{Path(corpus).name}"
    return evaluate(Console(), checkpoint, corpus, Options(parts=("turn-taking", "losses")), out)


def _figures(prefix: str, evaluations: list[Evaluation]) -> Figures:
    scores = [evaluation.scores or {} for evaluation in evaluations]
    figures: Figures = {}
    of_model = [_of(each[MODEL]) for each in scores]
    for name in of_model[0]:
        if all(name in each for each in of_model):
            figures[f"{prefix}{name}"] = mean(each[name] for each in of_model)
    worst: dict[str, Callable[[list[float]], float]] = {
        "assistant_acc_10": min,
        "assistant_acc_25": min,
        "user_acc_25": min,
        "assistant_ms": max,
        "false_start_rate": max,
    }
    for name, choose in worst.items():
        if f"{prefix}{name}" in figures:
            figures[f"{prefix}{name}_worst"] = choose([each[name] for each in of_model])
    for who in (CORPUS, *BASELINES):
        if who in scores[0]:
            key = f"{'' if who == CORPUS else 'baseline_'}{who.replace(' ', '_')}"
            figures |= {f"{prefix}{key}_{name}": value for name, value in _of(scores[0][who]).items()}
    losses = [evaluation.losses["three_stream"][ALL].nats for evaluation in evaluations if evaluation.losses]
    return figures | {f"{prefix}three_stream_nats": mean(losses)}


def _of(scores: Scores) -> dict[str, float]:
    """Return somebody's figures, those that there is something to take over."""
    found: dict[str, float | None] = {"false_start_rate": scores.floor.per_minute}
    for who, taking in (("assistant", scores.of("assistant_takes")), ("user", scores.of("user_takes"))):
        found |= {f"{who}_acc_{k}": share for k, share in zip(KS, taking.acc, strict=True)}
        found[f"{who}_ms"] = taking.mean_ms
    return {name: value for name, value in found.items() if value is not None}


if __name__ == "__main__":
    main()
