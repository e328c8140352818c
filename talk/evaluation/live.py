"""`build-corpus evaluate --live`: plays a split through the loop and scores what a listener hears.

Every dialogue is played as a whole; samples of it for Full-Duplex-Bench's tasks are played separately. Only one
dialogue's audio is in memory at a time.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console

from manifests.audio import resample
from manifests.records import DuplexConfig
from stages.streams.vocabulary import SILENT_SPEECH
from stages.units import grid
from talk.evaluation.bench_samples import BenchSamples
from talk.evaluation.listen import LATER_S, answer, heard_frames
from talk.evaluation.rating import rate
from talk.evaluation.report import LiveReport, write_report
from talk.session import CHUNK_S, USER_RATE
from talk.talker import Talker, TalkOptions, open_talker
from training.duplex.token_map import TokenMap
from training.evaluation.assistants import Assistants, Questions, corpus_habits, questions_in
from training.evaluation.corpus import EvaluatedCorpus, HeldOut
from training.evaluation.judge import judged
from training.evaluation.out_folder import make_out
from training.evaluation.progress import Rate, part
from training.evaluation.scores import Scores
from training.evaluation.subject import Options
from training.loop.voicing import Voiced

TAIL_S = 2.0
"""Behind a dialogue: the loop's own delay, and what is scored behind the last moment."""
FOLDER = "full-duplex-bench"
HEARD = "model, as heard"
UNITS = "model, its units"
TOKEN_TIME = f"model, {1000 * LATER_S:.0f} ms taken off"
CORPUS_HEARD = "corpus itself, as heard"
CORPUS_UNITS = "corpus itself, its units"


@dataclass(frozen=True)
class _Subject:
    talker: Talker
    corpus: EvaluatedCorpus
    config: DuplexConfig
    dialogues: Sequence[HeldOut]
    questions: Questions


def evaluate_live(console: Console, checkpoint: Path, corpus: str, options: Options, out: Path) -> LiveReport:
    """Play a split to a checkpoint, print the tables, and write live.md, live.json and the samples into `out`.

    Args:
        options: `turns` bounds the samples of each task; `whole` and `parts` have no meaning here.

    Raises:
        BuildError: the checkpoint can't talk, the corpus doesn't exist, the vocabularies differ, the split is missing
            or empty, there is nothing to score, or `out` can't be written to. If the judge's endpoint refuses, the
            report says so; the other results are kept.
    """
    subject = _open(checkpoint, corpus, options)
    make_out(out)
    opened, dialogues = subject.corpus, subject.dialogues
    bench = BenchSamples(subject.talker, dialogues, options.turns, options.seed, out / FOLDER)
    answers, played = _play(console, subject, bench, options)
    remarks: dict[str, str] = {}
    if bench.other_languages:
        remarks["samples"] = f"{bench.other_languages} dialogues are in languages that the recogniser doesn't know"
    tasks = bench.finish()
    rated = None
    if options.judge and bench.answers:
        verdicts = rate(console, bench.answers, options.judge, out)
        if verdicts.given:
            rated = judged(verdicts.given)
        if verdicts.missing:
            remarks["rating"] = verdicts.missing
    else:
        remarks["rating"] = "no interruption was answered" if options.judge else "no LLM was given (--judge)"
    report = LiveReport(
        checkpoint=str(checkpoint),
        measured_on=f"{opened.name} ({opened.timing}), {options.split}, {len(dialogues)} dialogues",
        settings={"config": subject.config, **asdict(options.sampling), "seed": options.seed},
        scores=_scores(subject, answers, options.seed, remarks),
        tasks=tasks,
        rated=rated,
        rates={"loop": played.described},
        left_out=remarks,
    )
    write_report(console, report, out)
    return report


def _open(checkpoint: Path, corpus: str, options: Options) -> _Subject:
    """Load everything, and refuse what can't be scored before anything is played."""
    opened = EvaluatedCorpus(corpus)
    TokenMap.read(checkpoint).check(opened.vocabulary, opened.vocabulary_place)
    text = opened.streams.text_tokenizer
    text_file = Path(text.path) if text.kind == "file" else None
    talker = open_talker(checkpoint, TalkOptions(options.sampling, text_tokenizer=text_file))
    config: DuplexConfig = "three_stream" if talker.model.layout.text else "two_stream"
    dialogues = opened.held_out(options.split, config, options.limit)
    questions = questions_in(dialogues, opened.layout(config), whole=True)
    questions.check(corpus, options.split, len(dialogues))
    return _Subject(talker, opened, config, dialogues, questions)


def _play(
    console: Console, subject: _Subject, bench: BenchSamples, options: Options
) -> tuple[dict[str, list[Voiced]], Rate]:
    """Return, by who answers, when the assistant speaks in each dialogue; also play the samples."""
    found: dict[str, dict[int, Voiced]] = {who: {} for who in (HEARD, UNITS, TOKEN_TIME, CORPUS_HEARD)}
    places = {dialogue.dialogue_id: place for place, dialogue in enumerate(subject.dialogues)}
    tail = round(TAIL_S / CHUNK_S)
    chunks = sum(len(dialogue.chunks) + tail for dialogue in subject.dialogues) + bench.chunks
    with part(console, "dialogues and samples through the loop", chunks, "chunks of 400 ms") as (advance, loop_rate):
        for dialogue_id, samples, sample_rate in subject.corpus.audio(options.split, frozenset(places)):
            place = places[dialogue_id]
            user, assistant = (resample(channel, sample_rate, USER_RATE) for channel in samples.T)
            answered = answer(subject.talker.session(options.seed + place), user, TAIL_S)
            found[HEARD][place], found[UNITS][place] = answered.heard, answered.units
            found[TOKEN_TIME][place], found[CORPUS_HEARD][place] = answered.in_token_time, heard_frames(assistant)
            advance(grid.chunks_of(len(user)) + tail)
            bench.play(place, user, advance)
    windows = [window.dialogue for window in subject.questions.windows]
    return {who: [voiced[place] for place in windows] for who, voiced in found.items()}, loop_rate


def _scores(
    subject: _Subject, answers: dict[str, list[Voiced]], seed: int, remarks: dict[str, str]
) -> dict[str, Scores]:
    """Return everyone's scores, the model's first; adds to `remarks` who has none."""
    corpus = subject.corpus
    silent = corpus.vocabulary.special(SILENT_SPEECH)
    assistants = Assistants(subject.dialogues, subject.questions, corpus.layout(subject.config), silent)
    try:
        habits = corpus_habits(corpus, subject.config, subject.dialogues)
    except ValueError as error:
        habits, remarks["random baseline"] = None, str(error)
    everyone = answers | {CORPUS_UNITS: assistants.corpus()} | assistants.baselines(habits, seed)
    return {who: assistants.scores(given) for who, given in everyone.items()}
