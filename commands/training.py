"""The commands that train on a corpus and measure what came of it: train, evaluate, ablate."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from commands.errors import console, errors_explained, extra_explained
from commands.options import (
    CheckpointArgument,
    LimitOption,
    SeedOption,
    SplitOption,
    TemperatureOption,
    TopKOption,
    TopPOption,
    TrainSeedOption,
)
from manifests.names import AnswerFormat

GOES_ON = "the same command goes on from the last checkpoint"


class PartChoice(StrEnum):
    """What of a checkpoint can be measured; an enum, since Typer takes no list of a `Literal`."""

    turn_taking = "turn-taking"
    losses = "losses"
    transcription = "transcription"
    speaking = "speaking"


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
    with errors_explained(GOES_ON):
        from training.duplex.config import load_train_config

        loaded = load_train_config(config)
        if seed is not None:
            loaded = loaded.model_copy(update={"seed": seed})
        with extra_explained("train"):
            from training.duplex.curriculum import rehearse
            from training.duplex.curriculum import train as train_config
        (rehearse if dry_run else train_config)(loaded, out, console())


def evaluate(
    checkpoint: CheckpointArgument,
    corpus: Annotated[str, typer.Option(help="Corpus folder or URL with the same vocabulary.", metavar="DIR")],
    out: Annotated[Path, typer.Option(help="Folder for evaluation.md, evaluation.json and plots.")],
    split: SplitOption = "test",
    limit: LimitOption = None,
    turns: Annotated[
        int, typer.Option(min=1, help="Turns of speech to text and back, or samples of a task; the first ones.")
    ] = 100,
    part: Annotated[
        list[PartChoice] | None,
        typer.Option(help="What to measure; again for more. Default: what the checkpoint's stage was trained for."),
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Let the model talk through whole dialogues, not from each decision on.")
    ] = False,
    live: Annotated[
        bool, typer.Option("--live", help="Play the dialogues through the loop of build-corpus talk; score its sound.")
    ] = False,
    temperature: TemperatureOption = 1.0,
    top_k: TopKOption = 0,
    top_p: TopPOption = 1.0,
    seed: SeedOption = 0,
    judge: Annotated[
        str | None,
        typer.Option(
            help="An OpenAI-compatible endpoint whose model scores the answers: 1 to 10, live 0 to 5.", metavar="URL"
        ),
    ] = None,
    judge_model: Annotated[str, typer.Option(help="The model's name at the endpoint.")] = "",
    judge_key_env: Annotated[
        str | None,
        typer.Option(help="Environment variable that holds the endpoint's key; default: none is sent."),
    ] = None,
    judge_answers: Annotated[
        AnswerFormat, typer.Option(help="What of JSON the endpoint knows; without schemas they go into the prompt.")
    ] = "json_schema",
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
    with errors_explained("no report was written"), extra_explained("train"):
        from commands.judge import judge_config
        from manifests.errors import BuildError
        from training.evaluation.subject import Options
        from training.loop.sampling import Sampling

        if live and (whole or part):
            raise BuildError("--live has parts of its own; leave --whole and --part away")
        options = Options(
            split=split,
            limit=limit,
            turns=turns,
            whole=whole,
            sampling=Sampling(temperature, top_k, top_p),
            seed=seed,
            parts=tuple(one.value for one in part) if part else None,
            judge=judge_config(judge, judge_model, judge_key_env, judge_answers, judge_reasoning) if judge else None,
        )
        if live:
            from talk.evaluation.live import evaluate_live

            evaluate_live(console(), checkpoint, corpus, options, out)
        else:
            from training.evaluation.evaluate import evaluate as evaluate_checkpoint

            evaluate_checkpoint(console(), checkpoint, corpus, options, out)


def ablate(
    config: Annotated[Path, typer.Argument(help="Config of a training, as for build-corpus train.", metavar="CONFIG")],
    out: Annotated[Path, typer.Option(help="Folder for the trainings, ablations.md and ablations.json.")],
    corpus: Annotated[
        str | None,
        typer.Option(help="Corpus to evaluate on; default: the config's.", metavar="DIR"),
    ] = None,
    trained: Annotated[
        Path | None,
        typer.Option(help="A finished training of CONFIG, so that it is not trained again.", metavar="DIR"),
    ] = None,
    split: SplitOption = "test",
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
    with errors_explained(GOES_ON):
        from training.duplex.config import load_train_config

        loaded = load_train_config(config)
        if seed is not None:
            loaded = loaded.model_copy(update={"seed": seed})
        with extra_explained("train"):
            from training.evaluation.ablations import ablate as ablate_config
            from training.evaluation.subject import Options
            from training.loop.sampling import Sampling
        sampling = Sampling(temperature, top_k, top_p)
        options = Options(split=split, limit=limit, sampling=sampling, seed=sampling_seed)
        ablate_config(console(), loaded, corpus or loaded.corpus, options, out, trained)
