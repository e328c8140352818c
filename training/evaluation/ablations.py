"""`build-corpus ablate`: what each curriculum stage contributes; the paper's ablations, trained and evaluated."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import yaml
from rich.console import Console

from manifests.differing_keys import differing_keys
from manifests.errors import BuildError
from manifests.records import TokenConfig
from training.duplex.checkpoint import read_facts
from training.duplex.config import TrainConfig, TrainingStage, load_train_config
from training.duplex.corpus import Corpus
from training.duplex.curriculum import CONFIG, train
from training.duplex.trainer import FINAL
from training.evaluation.evaluate import measure
from training.evaluation.losses import ALL
from training.evaluation.out_folder import make_out
from training.evaluation.record import MODEL, Evaluation, to_json
from training.evaluation.subject import Options, open_subject
from training.evaluation.table import markdown_table, number, percent

COMPARED: TokenConfig = "three_stream"
FULL = "full curriculum"
WITHOUT: dict[str, tuple[TokenConfig, ...]] = {
    FULL: (),
    "without alignment": ("alignment",),
    "without half-duplex": ("four_stream",),
    "direct": ("alignment", "four_stream"),
}
"""The configs that each variant leaves out, after OmniFlatten's ablations (arXiv 2410.17799)."""
_LOSSES = (ALL, "text", "silent_text", "units", "silent_speech")


@dataclass(frozen=True)
class Ablated:
    """A variant of the curriculum, trained and evaluated.

    Attributes:
        tokens: of its training, over all its stages.
    """

    stages: tuple[str, ...]
    tokens: int
    evaluation: Evaluation


def variants(config: TrainConfig) -> dict[str, TrainConfig]:
    """Return the config of every variant, by name: its stages up to `COMPARED`, without what it leaves out.

    A variant that would equal another, because the curriculum has nothing to leave out, occurs only once.

    Raises:
        BuildError: no stage of the curriculum has `COMPARED`.
    """
    ends = [place for place, stage in enumerate(config.curriculum) if COMPARED in stage.configs]
    if not ends:
        raise BuildError(f"curriculum: no stage has the config {COMPARED}, on which ablations are compared; add one")
    kept = config.curriculum[: ends[-1] + 1]
    found: dict[str, TrainConfig] = {}
    for name, left_out in WITHOUT.items():
        curriculum = [stage for whole in kept if (stage := _without(whole, left_out)) is not None]
        if all(curriculum != other.curriculum for other in found.values()):
            found[name] = config.model_copy(update={"curriculum": curriculum})
    return found


def ablate(
    console: Console, config: TrainConfig, corpus: str, options: Options, out: Path, trained: Path | None
) -> dict[str, Ablated]:
    """Train every variant into its own folder under `out`, evaluate them all, and print and write one table.

    Finished trainings are kept, so the same command resumes.

    Args:
        console: where progress and the table go.
        config: of the full curriculum.
        corpus: that all are evaluated on.
        options: of the evaluation; turn-taking and losses are measured.
        out: for trainings and tables.
        trained: a finished training of `config`, taken for the full curriculum's.

    Raises:
        BuildError: as `train` and `evaluate`; or `trained` is a training of another config, or on other data.
    """
    if trained is not None:
        _check_trained(trained, config)
    make_out(out)
    measured = replace(options, parts=("turn-taking", "losses"), judge=None)
    found: dict[str, Ablated] = {}
    for name, variant in variants(config).items():
        folder = out / name.replace(" ", "-")
        if name == FULL and trained is not None:
            folder = trained
        else:
            console.print(f"{name}: {', '.join(stage.name for stage in variant.curriculum)}", highlight=False)
            train(variant, folder, console)
        finals = [folder / stage.name / FINAL for stage in variant.curriculum]
        tokens = sum(_tokens(final, stage) for final, stage in zip(finals, variant.curriculum, strict=True))
        evaluation, _ = measure(console, open_subject(finals[-1], corpus, measured), measured)
        found[name] = Ablated(tuple(stage.name for stage in variant.curriculum), tokens, evaluation)
    report = ablation_table(found)
    records = {name: {"tokens": one.tokens, **to_json(one.evaluation)} for name, one in found.items()}
    (out / "ablations.md").write_text(report, encoding="utf-8")
    (out / "ablations.json").write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")
    console.print(report, highlight=False, soft_wrap=True, markup=False)
    console.print(f"written to {out}: ablations.md, ablations.json", highlight=False, soft_wrap=True, markup=False)
    return found


def ablation_table(found: dict[str, Ablated]) -> str:
    """Return a table that compares the variants."""
    (on, *_) = (one.evaluation.measured_on for one in found.values())
    head = ["curriculum", "stages", "tokens trained", *(f"loss, {stream}" for stream in _LOSSES)]
    head += ["assistant Acc@1/5/10/25 %", "user Acc@1/5/10/25 %", "false starts per minute"]
    return "\n\n".join(
        [
            "# Ablations",
            f"Measured on {on.name}. Losses are in nats per token of {COMPARED}. In the stages it keeps, every variant "
            "takes as many steps as the full curriculum, so those that leave something out train on fewer tokens. (A "
            "mixed stage that loses one of its configs takes its epochs from the rest.)",
            markdown_table(head, [_row(name, one) for name, one in found.items()]),
            "",
        ]
    )


def _row(name: str, one: Ablated) -> Sequence[str]:
    losses = (one.evaluation.losses or {}).get(COMPARED, {})
    cells = [number(losses[stream].nats, 3) if stream in losses else number(None) for stream in _LOSSES]
    scores = (one.evaluation.scores or {})[MODEL]
    accs = ["/".join(map(percent, scores.of(task).acc)) for task in ("assistant_takes", "user_takes")]
    return [name, " → ".join(one.stages), f"{one.tokens:,}", *cells, *accs, number(scores.floor.per_minute, 2)]


def _without(stage: TrainingStage, left_out: Sequence[TokenConfig]) -> TrainingStage | None:
    configs = [config for config in stage.configs if config not in left_out]
    return stage.model_copy(update={"configs": configs}) if configs else None


def _check_trained(trained: Path, config: TrainConfig) -> None:
    try:
        of_trained = load_train_config(trained / CONFIG)
    except BuildError as error:
        raise BuildError(
            f"--trained {trained}: not a training of `build-corpus train` ({CONFIG} is missing or not a training "
            "config); name the folder that was its --out, or omit the option"
        ) from error
    there, wanted = (yaml.safe_load(variants(one)[FULL].to_yaml()) for one in (of_trained, config))
    if differing := differing_keys(there, wanted):
        raise BuildError(
            f"--trained {trained} has a different config: {'; '.join(differing)}; name a training of this one, or omit "
            "the option"
        )
    final = trained / variants(config)[FULL].curriculum[-1].name / FINAL
    had, there_now = read_facts(final)["corpus_identity"], Corpus(config.corpus).identity
    if had != there_now:
        raise BuildError(
            f"--trained {trained} was trained on different data ({had!r}) from what {config.corpus} holds now "
            f"({there_now!r}); omit the option"
        )


def _tokens(final: Path, stage: TrainingStage) -> int:
    return int(read_facts(final)["steps"]) * stage.tokens_per_step
