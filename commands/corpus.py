"""The commands that build a corpus and look at one: run, config, plan, status, validate, preview."""

from typing import Annotated, Literal

import typer

from commands.errors import console, errors_explained
from commands.options import ConfigArgument, CorpusArgument
from manifests.names import StageName


def run(
    config: ConfigArgument,
    out: Annotated[str, typer.Option(help="Corpus folder or URL (s3://...). Made if it is not there.")],
    workers: Annotated[int | None, typer.Option(min=1, help="CPUs of a local run; default: all.")] = None,
    from_stage: Annotated[
        StageName | None,
        typer.Option(help="Redo this stage and all after it, with the config as it is now."),
    ] = None,
) -> None:
    """Build the corpus, or go on where an interrupted run stopped.

    The same command resumes: what is done is kept, and a finished corpus is left alone.
    """
    with errors_explained("run the same command again, without --from-stage, to go on from here"):
        from pipeline.config import load_config
        from pipeline.run import run as run_config
        from pipeline.summary import print_summary

        loaded = load_config(config)
        if workers:
            loaded = loaded.model_copy(update={"execution": loaded.execution.model_copy(update={"workers": workers})})
        result = run_config(loaded, out, console(), from_stage)
        print_summary(console(), loaded, out, result)


def config_keys(
    kind: Annotated[
        Literal["corpus", "train"],
        typer.Argument(help="Of which config: that of a corpus or of a training.", metavar="KIND"),
    ] = "corpus",
) -> None:
    """Show every key that a config may hold, with its type, bounds, default and meaning.

    A required key has to be there where its section is, unless the section says what it is taken from. [] stands for
    any item of a list, NAME for any key of a mapping. A section of several kinds has the keys of each behind the key
    that chooses it.

    Example: build-corpus config train | grep -A 2 learning_rate
    """
    with errors_explained():
        from pipeline.config import RunConfig
        from pipeline.config_reference import print_config_keys
        from training.duplex.config import TrainConfig

        print_config_keys(console(), RunConfig if kind == "corpus" else TrainConfig)


def plan(config: ConfigArgument) -> None:
    """Show what a run would make and cost: shards, dialogues, hours, tokens, LLM calls, disk. Makes nothing.

    The estimate needs the config alone. What a run would miss, such as a key, a bank of prompts or a folder of noise,
    is told behind it; the exit code is then 1.
    """
    with errors_explained():
        from pipeline.config import load_config
        from pipeline.estimate import print_estimate

        print_estimate(console(), load_config(config))


def status(
    corpus: CorpusArgument,
    rejects: Annotated[bool, typer.Option("--rejects", help="List every reject, with its content.")] = False,
) -> None:
    """Show how far a corpus has come: units done by stage, what it holds, what was rejected."""
    with errors_explained():
        from pipeline.status import print_status

        print_status(console(), corpus, rejects)


def validate(corpus: CorpusArgument) -> None:
    """Check a published corpus: hashes, schemas, ids, chunk grammar, masks, splits. Exits with 1 if any is wrong."""
    with errors_explained():
        from pipeline.validate import print_validation

        if not print_validation(console(), corpus):
            raise typer.Exit(1)


def preview(corpus: CorpusArgument) -> None:
    """Write the auditor's page of a corpus again, and print where it is."""
    with errors_explained():
        from pipeline.preview import rewrite_preview

        console().print(f"preview: {rewrite_preview(corpus)}", highlight=False, soft_wrap=True, markup=False)
