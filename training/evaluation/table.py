"""The results next to the paper's, each row with what it was measured on, as Markdown."""

from collections.abc import Iterable, Sequence

from training.evaluation.judge import Judged
from training.evaluation.losses import STREAMS, Loss
from training.evaluation.moments import KINDS, TASKS
from training.evaluation.record import CORPUS, MODEL, Evaluation
from training.evaluation.scores import Scores
from training.evaluation.speaking import SpeakingErrors
from training.evaluation.transcription import ErrorRates
from training.evaluation.turn_taking import KS, TurnTaking

PAPER = "arXiv 2410.17799, its own test set"
PAPER_ROWS = (
    ("OmniFlatten", (20.6, 53.6, 66.3, 71.7), 193, (10.9, 30.9, 41.8, 51.8), 287),
    ("Moshi", (2.9, 18.8, 38.5, 55.1), 553, (0.0, 6.2, 14.8, 45.7), 753),
)
"""As the paper reports it: Acc@1/5/10/25 in per cent and mean response in ms, the assistant's, then the user's."""

_TASK_NAMES = {
    "assistant_takes": "assistant takes the floor",
    "user_takes": "user takes the floor",
    "assistant_keeps": "assistant keeps the floor",
}
_ACC = "/".join(map(str, KS))
_NOTHING = "–"


def to_markdown(evaluation: Evaluation) -> str:
    """Return the whole report."""
    on = evaluation.measured_on
    trained = f"{on.trained_on} ({on.trained_timing or 'no longer available as it was'})"
    voices = (
        "" if on.unheard_voices is None else f"; {on.unheard_voices} of {on.voices} user voices unheard in training"
    )
    parts = [
        f"# Evaluation of {evaluation.checkpoint}",
        f"Measured on {on.name} ({on.address}); trained on {trained}{voices}.",
        "The model spoke with " + ", ".join(f"{key} {value}" for key, value in evaluation.settings.items()) + ".",
    ]
    if evaluation.scores is not None:
        parts += turn_taking_tables(evaluation.scores, evaluation.voices, on.name, (MODEL, CORPUS))
    if evaluation.losses is not None:
        parts += ["## Token loss", "Nats per token; tokens in brackets.", _losses(evaluation.losses)]
    if evaluation.transcription or evaluation.speaking:
        parts += ["## Speech to text, text to speech", _speech(evaluation.transcription, evaluation.speaking)]
    if evaluation.judged is not None:
        parts += ["## Answers judged by an LLM", _judged(evaluation.judged)]
    if evaluation.left_out:
        parts += ["## Not measured", "\n".join(f"- {what}: {why}" for what, why in evaluation.left_out.items())]
    if evaluation.rates:
        parts += ["## Rates", "\n".join(f"- {what}: {rate}" for what, rate in evaluation.rates.items())]
    return "\n\n".join(parts) + "\n"


def turn_taking_tables(
    scores: dict[str, Scores], voices: dict[str, Scores], measured_on: str, by_kind: Sequence[str]
) -> list[str]:
    """Return the turn-taking scores next to the paper's, and the same by what the user does.

    Args:
        scores: of everyone, by name.
        voices: the model's by user voices ``heard in training`` and not; may be empty.
        measured_on: what the rows are of.
        by_kind: who is in the second table.
    """
    head = ["who", "measured on", f"assistant Acc@{_ACC} %", "ms", f"user Acc@{_ACC} %", "ms"]
    head += ["false starts per minute", "of user turns %", "false stops %"]
    rows = [_row(who, measured_on, one) for who, one in scores.items()]
    rows += [_row(f"{MODEL}, user voices {which}", measured_on, one) for which, one in voices.items()]
    for who, assistant, assistant_ms, user, user_ms in PAPER_ROWS:
        accs = ["/".join(f"{share:.1f}" for share in shares) for shares in (assistant, user)]
        rows.append([who, PAPER, accs[0], str(assistant_ms), accs[1], str(user_ms), *[_NOTHING] * 3])
    kinds = [
        [_TASK_NAMES[task], who, kind, str(one.of(task, kind).moments), *_kind_cells(one.of(task, kind))]
        for task in TASKS
        for kind in KINDS
        for who, one in scores.items()
        if who in by_kind and (task, kind) in one.reactions
    ]
    return [
        "## Turn-taking",
        markdown_table(head, rows),
        "A score that a baseline also reaches proves nothing: an assistant that always talks answers every time at "
        "once, and speaks over every user turn; one that never talks always yields. Read each row as a whole. "
        f"`{CORPUS}` is the score of the corpus's own assistant: a perfect imitation scores no higher.",
        "## Turn-taking by what the user does",
        markdown_table(
            [
                "what is asked",
                "who",
                "the user's",
                "moments",
                f"Acc@{_ACC} %",
                "reacted %",
                "mean ms",
                "right before %",
                "wrong within 1.5 s %",
            ],
            kinds,
        ),
    ]


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; all columns but the first are right-aligned."""
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def percent(share: float | None) -> str:
    """Return a share as a percentage."""
    return _NOTHING if share is None else f"{100 * share:.1f}"


def number(value: float | None, digits: int = 0) -> str:
    """Return a number, or a dash."""
    return _NOTHING if value is None else f"{value:.{digits}f}"


def _row(who: str, measured_on: str, scores: Scores) -> list[str]:
    assistant, user = scores.of("assistant_takes"), scores.of("user_takes")
    return [
        who,
        measured_on,
        *(cell for found in (assistant, user) for cell in (_accs(found), number(found.mean_ms))),
        number(scores.floor.per_minute, 2),
        percent(scores.floor.per_turn),
        percent(scores.of("assistant_keeps").left),
    ]


def _kind_cells(found: TurnTaking) -> list[str]:
    shares = [percent(found.reacted), number(found.mean_ms), percent(found.before), percent(found.left)]
    return [_accs(found), *shares]


def _accs(found: TurnTaking) -> str:
    return "/".join(percent(share) for share in found.acc) if found.moments else "no moments"


def _losses(losses: dict[str, dict[str, Loss]]) -> str:
    streams = [stream for stream in STREAMS if any(stream in of_config for of_config in losses.values())]
    rows = [[config, *(_loss(of_config.get(stream)) for stream in streams)] for config, of_config in losses.items()]
    return markdown_table(["config", *streams], rows)


def _loss(loss: Loss | None) -> str:
    return _NOTHING if loss is None else f"{loss.nats:.3f} ({loss.tokens:,})"


def _speech(transcription: ErrorRates | None, speaking: SpeakingErrors | None) -> str:
    rows = []
    if transcription:
        rows.append(["model transcribes speech", *_rates(transcription)])
    if speaking:
        rows.append(["model speaks text, a recogniser transcribes it", *_rates(speaking.model)])
        rows.append(["the corpus's own units, in the same way", *_rates(speaking.corpus)])
    return markdown_table(["what", "turns", "WER %", "CER %"], rows)


def _rates(rates: ErrorRates) -> list[str]:
    return [str(rates.turns), percent(rates.wer), percent(rates.cer)]


def _judged(judged: dict[str, Judged]) -> str:
    rows = [[whose, str(one.answers), number(one.mean, 2), str(one.failed)] for whose, one in judged.items()]
    return markdown_table(["whose answers", "answers", "mean score, 1 to 10", "without a score"], rows)
