"""The results of an evaluation as one record: all of it goes into evaluation.json, its tables into evaluation.md."""

from dataclasses import dataclass
from typing import Any

from training.evaluation.judge import Judged
from training.evaluation.losses import Loss
from training.evaluation.moments import KINDS, TASKS
from training.evaluation.scores import Scores
from training.evaluation.speaking import SpeakingErrors
from training.evaluation.transcription import ErrorRates
from training.evaluation.turn_taking import KS, FloorKeeping, TurnTaking

MODEL = "model"
CORPUS = "corpus itself"


@dataclass(frozen=True)
class MeasuredOn:
    """The data of an evaluation, and which of it the model has seen in training.

    Attributes:
        corpus, timing: names of the corpus and of its timing profile.
        trained_on, trained_timing: of the training corpus; its timing None where the corpus is not at hand.
        unheard_voices: user voices that no training dialogue has; None where that isn't known.
    """

    address: str
    corpus: str
    timing: str
    split: str
    dialogues: int
    voices: int
    trained_on: str
    trained_timing: str | None
    unheard_voices: int | None

    @property
    def name(self) -> str:
        """Its name in tables."""
        return f"{self.corpus} ({self.timing}), {self.split}, {self.dialogues} dialogues"


@dataclass(frozen=True)
class Evaluation:
    """Everything that was measured; anything else is None, and `left_out` says why.

    Attributes:
        checkpoint: its folder.
        settings: how the model spoke.
        scores: of the model, the corpus itself and the baselines, by name.
        voices: the model's in dialogues with user voices ``heard`` and ``unheard`` in training.
        losses: by config and stream.
        judged: the judge's word on the model's answers and the corpus's own.
        rates: units a second of each part.
    """

    checkpoint: str
    measured_on: MeasuredOn
    settings: dict[str, Any]
    scores: dict[str, Scores] | None
    voices: dict[str, Scores]
    losses: dict[str, dict[str, Loss]] | None
    transcription: ErrorRates | None
    speaking: SpeakingErrors | None
    judged: dict[str, Judged] | None
    rates: dict[str, str]
    left_out: dict[str, str]


def to_json(evaluation: Evaluation) -> dict[str, Any]:
    """Return the record as JSON values; the figures that tables and benchmarks quote come first."""
    return {
        "figures": _figures(evaluation),
        "checkpoint": evaluation.checkpoint,
        "measured_on": vars(evaluation.measured_on),
        "settings": evaluation.settings,
        "turn_taking": None
        if evaluation.scores is None
        else {who: scores_to_json(scores) for who, scores in evaluation.scores.items()},
        "voices": {which: scores_to_json(scores) for which, scores in evaluation.voices.items()},
        "losses": evaluation.losses
        and {
            config: {stream: vars(loss) for stream, loss in of_config.items()}
            for config, of_config in evaluation.losses.items()
        },
        "transcription": evaluation.transcription and vars(evaluation.transcription),
        "speaking": evaluation.speaking
        and {"model": vars(evaluation.speaking.model), "corpus": vars(evaluation.speaking.corpus)},
        "judge": evaluation.judged and {whose: vars(judged) for whose, judged in evaluation.judged.items()},
        "rates": evaluation.rates,
        "left_out": evaluation.left_out,
    }


def scores_to_json(scores: Scores) -> dict[str, Any]:
    """Return an assistant's turn-taking as JSON values."""
    tasks: dict[str, dict[str, Any]] = {}
    for task in TASKS:
        tasks[task] = {"all": _turn_taking(scores.of(task))}
        tasks[task] |= {kind: _turn_taking(scores.of(task, kind)) for kind in KINDS if (task, kind) in scores.reactions}
    return {"tasks": tasks, "floor": _floor(scores.floor)}


def _figures(evaluation: Evaluation) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for who, scores in (evaluation.scores or {}).items():
        prefix = "" if who == MODEL else f"{'' if who == CORPUS else 'baseline '}{who} ".replace(" ", "_")
        assistant, user = scores.of("assistant_takes"), scores.of("user_takes")
        figures |= {
            f"{prefix}assistant_acc": _acc(assistant),
            f"{prefix}assistant_ms": assistant.mean_ms,
            f"{prefix}user_acc": _acc(user),
            f"{prefix}user_ms": user.mean_ms,
            f"{prefix}false_start_rate": scores.floor.per_minute,
            f"{prefix}false_start_turns": scores.floor.per_turn,
            f"{prefix}false_stops": scores.of("assistant_keeps").left,
        }
    return figures


def _turn_taking(found: TurnTaking) -> dict[str, Any]:
    return {**vars(found), "acc": _acc(found)}


def _acc(found: TurnTaking) -> dict[str, float | None]:
    return {str(k): share for k, share in zip(KS, found.acc, strict=True)}


def _floor(floor: FloorKeeping) -> dict[str, Any]:
    return {**vars(floor), "per_minute": floor.per_minute, "per_turn": floor.per_turn}
