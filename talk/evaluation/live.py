"""`build-corpus evaluate --live`: a split played through the loop, and scored by what a listener hears.

Every dialogue is played as a whole; samples of it for Full-Duplex-Bench's tasks are played by themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from manifests.audio import Samples, resample
from manifests.errors import BuildError
from stages.streams.vocabulary import SILENT_SPEECH
from talk.evaluation.bench import run_bench
from talk.evaluation.listen import Answer, answer, heard_frames
from talk.evaluation.report import LiveReport, write_report
from talk.session import USER_RATE
from talk.talker import Talker, TalkOptions, open_talker
from training.evaluation.assistants import Assistants, questions_in
from training.evaluation.corpus import EvaluatedCorpus, HeldOut
from training.evaluation.progress import part
from training.evaluation.scores import Scores
from training.evaluation.turn_taking import Voiced
from training.loop.layout import DuplexConfig
from training.loop.sampling import Sampling

TAIL_S = 2.0
"""Behind a dialogue: the loop's own delay, and what is scored behind the last moment."""
FOLDER = "full-duplex-bench"


@dataclass(frozen=True)
class LiveOptions:
    """How a checkpoint is evaluated in the loop.

    Attributes:
        sampling: how tokens are drawn.
        split: of the corpus.
        limit: dialogues at most, the first ones.
        clips: samples of each task at most, the first ones.
        seed: of what is drawn.
    """

    sampling: Sampling = field(default_factory=Sampling)
    split: str = "test"
    limit: int | None = None
    clips: int = 100
    seed: int = 0


def evaluate_live(console: Console, checkpoint: Path, corpus: str, options: LiveOptions, out: Path) -> LiveReport:
    """Play a split to a checkpoint, print the tables, and write live.md, live.json and the samples into `out`.

    Raises:
        BuildError: no checkpoint that can talk, no corpus, another vocabulary, a missing or empty split, or nothing
            to score.
    """
    opened = EvaluatedCorpus(corpus)
    text = opened.streams.text_tokenizer
    text_file = Path(text.path) if text.kind == "file" else None
    talker = open_talker(checkpoint, TalkOptions(options.sampling, text_tokenizer=text_file))
    talker.talks.tokens.check(opened.vocabulary, opened.vocabulary_place)
    config: DuplexConfig = "three_stream" if talker.talks.layout.text else "two_stream"
    dialogues = opened.held_out(options.split, config, options.limit)
    users, spoken = _channels(opened, options.split, dialogues)
    with part(console, "dialogues", len(dialogues), "dialogues") as (advance, _):
        answers = []
        for place, user in enumerate(users):
            answers.append(answer(talker.session(options.seed + place), user, TAIL_S))
            advance(1)
    report = LiveReport(
        checkpoint=str(checkpoint),
        measured_on=f"{opened.name} ({opened.timing}), {options.split}, {len(dialogues)} dialogues",
        scores=_scores(talker, dialogues, answers, spoken, options),
        tasks=run_bench(console, talker, dialogues, users, options.clips, options.seed, out / FOLDER),
    )
    write_report(console, report, out)
    return report


def _channels(corpus: EvaluatedCorpus, split: str, dialogues: Sequence[HeldOut]) -> tuple[list[Samples], list[Voiced]]:
    """Return every user's channel at 16 kHz, and where the corpus's own assistant is heard."""
    wanted = frozenset(dialogue.dialogue_id for dialogue in dialogues)
    users: dict[str, Samples] = {}
    heard: dict[str, Voiced] = {}
    for dialogue_id, samples, rate in corpus.audio(split, wanted):
        users[dialogue_id] = resample(samples[:, 0], rate, USER_RATE)
        heard[dialogue_id] = heard_frames(resample(samples[:, 1], rate, USER_RATE))
    ids = [dialogue.dialogue_id for dialogue in dialogues]
    return [users[one] for one in ids], [heard[one] for one in ids]


def _scores(
    talker: Talker,
    dialogues: Sequence[HeldOut],
    answers: Sequence[Answer],
    spoken: Sequence[Voiced],
    options: LiveOptions,
) -> dict[str, Scores]:
    layout = talker.talks.layout
    questions = questions_in(dialogues, layout, whole=True)
    if not questions.moments:
        raise BuildError(
            f"nobody takes the floor in the {len(dialogues)} dialogues of split {options.split}, so there is nothing "
            "to score; raise --limit or take another --split"
        )
    silent = talker.talks.tokens.vocabulary.special(SILENT_SPEECH)
    assistants = Assistants(dialogues, questions, layout, silent)
    places = [window.dialogue for window in questions.windows]
    everyone = {
        "model, its units": [answers[place].units for place in places],
        "model, as heard": [answers[place].heard for place in places],
        "corpus itself, its units": assistants.corpus(),
        "corpus itself, as heard": [spoken[place] for place in places],
        **assistants.baselines(None, options.seed),
    }
    return {who: assistants.scores(given) for who, given in everyone.items()}
