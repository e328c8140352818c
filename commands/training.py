"""The commands that train on a corpus and measure the result: train, evaluate, ablate."""

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

RESUME = "run the same command again to resume from the last checkpoint"


class PartChoice(StrEnum):
    """What of a checkpoint can be measured; an enum, since Typer takes no list of a `Literal`."""

    turn_taking = "turn-taking"
    losses = "losses"
    transcription = "transcription"
    speaking = "speaking"


def train(
    config: Annotated[Path, typer.Argument(help="Config file, for example configs/train-tiny.yaml.", metavar="CONFIG")],
    out: Annotated[Path, typer.Option(help="Folder for checkpoints, logs and plots; created if missing.")],
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Print rows, tokens, steps, and the time estimated from a few steps; write nothing."
        ),
    ] = False,
    seed: TrainSeedOption = None,
) -> None:
    """Train a full-duplex language model on a corpus through a curriculum, or resume a stopped run.

    Each stage starts from the weights of the one before. Run the same command again to resume at the exact sample; a
    finished run is left as it is. Checkpoints load with from_pretrained; OUT/<stage>/final is the finished one, with a
    model card, next to log.jsonl, loss.svg and TensorBoard's files. Needs the extra "train".

    On several GPUs: accelerate launch --multi_gpu --num_processes 8 -m cli train CONFIG --out DIR
    """
    with errors_explained(RESUME):
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
    corpus: Annotated[
        str, typer.Option(help="Corpus folder or URL; must have the checkpoint's vocabulary.", metavar="DIR")
    ],
    out: Annotated[Path, typer.Option(help="Folder for evaluation.md, evaluation.json and plots.")],
    split: SplitOption = "test",
    limit: LimitOption = None,
    turns: Annotated[
        int,
        typer.Option(
            min=1,
            help="Maximum number of turns for speech to text and text to speech, or with --live of samples per task "
            "(the first ones are used).",
        ),
    ] = 100,
    part: Annotated[
        list[PartChoice] | None,
        typer.Option(help="What to measure; repeat for more. Default: what the checkpoint's stage was trained for."),
    ] = None,
    whole: Annotated[
        bool,
        typer.Option(
            "--whole", help="Let the model talk through whole dialogues, instead of restarting at each decision."
        ),
    ] = False,
    live: Annotated[
        bool,
        typer.Option("--live", help="Play the dialogues through the loop of build-corpus talk, and score its audio."),
    ] = False,
    temperature: TemperatureOption = 1.0,
    top_k: TopKOption = 0,
    top_p: TopPOption = 1.0,
    seed: SeedOption = 0,
    judge: Annotated[
        str | None,
        typer.Option(
            help="OpenAI-compatible endpoint whose model scores the answers: 1 to 10, with --live 0 to 5.",
            metavar="URL",
        ),
    ] = None,
    judge_model: Annotated[str, typer.Option(help="Name of the judging model at the endpoint.")] = "",
    judge_key_env: Annotated[
        str | None,
        typer.Option(help="Environment variable that holds the endpoint's key; default: send none."),
    ] = None,
    judge_answers: Annotated[
        AnswerFormat,
        typer.Option(help="JSON support of the endpoint; without json_schema, the schema goes into the prompt."),
    ] = "json_schema",
    judge_reasoning: Annotated[
        bool,
        typer.Option("--judge-reasoning", help="The judge is a reasoning model, which takes no temperature."),
    ] = False,
) -> None:
    """Measure a trained checkpoint on held-out dialogues, next to baselines that hear nothing and the paper's figures.

    Measures turn-taking (Acc@1/5/10/25, response times, false starts, false stops), token losses by stream, speech to
    text (WER, CER), text to speech through the vocoder and a recogniser (WER), and an LLM's score of the answers if
    --judge names one. docs/evaluation.md defines each figure. Speech to text and text to speech are measured on stages
    trained on alignment; on others, which forget it, only if --part names them.

    --corpus may be any corpus with the same vocabulary: the one trained on (its test split), one with other voices, or
    one with another timing profile.

    --live instead plays every user through the loop, and scores what a listener hears, when it is heard. It also writes
    samples for Full-Duplex-Bench's scripts, --turns per task, and scores them by its definitions. It writes live.md and
    live.json, can't be combined with --part or --whole, and needs a corpus with the embedded units.

    Example: build-corpus evaluate runs/tiny/three_stream/final --corpus corpus/proof --out runs/tiny/evaluation
    """
    with errors_explained("no report was written"), extra_explained("train"):
        from commands.judge import judge_config
        from manifests.errors import BuildError
        from training.evaluation.subject import Options
        from training.loop.sampling import Sampling

        if live and (whole or part):
            raise BuildError("--live can't be combined with --whole or --part")
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
    config: Annotated[Path, typer.Argument(help="Training config, as for build-corpus train.", metavar="CONFIG")],
    out: Annotated[Path, typer.Option(help="Folder for the training runs, ablations.md and ablations.json.")],
    corpus: Annotated[
        str | None,
        typer.Option(help="Corpus to evaluate on; default: the config's.", metavar="DIR"),
    ] = None,
    trained: Annotated[
        Path | None,
        typer.Option(help="Finished training run of CONFIG, to reuse as the full curriculum.", metavar="DIR"),
    ] = None,
    split: SplitOption = "test",
    limit: LimitOption = None,
    temperature: TemperatureOption = 1.0,
    top_k: TopKOption = 0,
    top_p: TopPOption = 1.0,
    seed: SeedOption = 0,
    train_seed: TrainSeedOption = None,
) -> None:
    """Train a curriculum in full, without alignment, without half-duplex, and directly; compare them in one table.

    Each variant is trained as by build-corpus train, up to three_stream, and measured on the same split by token loss
    and turn-taking. Run the same command again to resume; finished training is kept.
    """
    with errors_explained(RESUME):
        from training.duplex.config import load_train_config

        loaded = load_train_config(config)
        if train_seed is not None:
            loaded = loaded.model_copy(update={"seed": train_seed})
        with extra_explained("train"):
            from training.evaluation.ablations import ablate as ablate_config
            from training.evaluation.subject import Options
            from training.loop.sampling import Sampling
        options = Options(split=split, limit=limit, sampling=Sampling(temperature, top_k, top_p), seed=seed)
        ablate_config(console(), loaded, corpus or loaded.corpus, options, out, trained)
