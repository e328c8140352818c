"""The commands that build and inspect a corpus: run, config, plan, status, validate, preview."""

from typing import Annotated, Literal

import typer

from commands.errors import console, errors_explained
from commands.options import ConfigArgument, CorpusArgument
from manifests.names import StageName


def run(
    config: ConfigArgument,
    out: Annotated[str, typer.Option(help="Corpus folder or URL (s3://...); created if missing.")],
    workers: Annotated[int | None, typer.Option(min=1, help="CPUs for a local run; default: all.")] = None,
    from_stage: Annotated[
        StageName | None,
        typer.Option(help="Redo this stage and all that follow, with the config as it is now."),
    ] = None,
) -> None:
    """Build a corpus, or resume an interrupted run.

    Run the same command again to resume: finished work is kept, and a finished corpus is left as it is.
    """
    with errors_explained("to resume, run the same command again without --from-stage"):
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
        typer.Argument(help="Kind of config to show.", metavar="KIND"),
    ] = "corpus",
) -> None:
    """Show every config key with its type, bounds, default and meaning.

    A required key must be present wherever its section is, unless the section says where its value comes from. []
    stands for any list item, NAME for any mapping key. A section of several kinds lists the keys of each after the key
    that selects it.

    Example: build-corpus config train | grep -A 2 learning_rate
    """
    with errors_explained():
        from pipeline.config import RunConfig
        from pipeline.config_reference import print_config_keys
        from training.duplex.config import TrainConfig

        print_config_keys(console(), RunConfig if kind == "corpus" else TrainConfig)


def plan(config: ConfigArgument) -> None:
    """Estimate what a run would build and cost: shards, dialogues, hours, tokens, LLM calls, disk. Builds nothing.

    The estimate needs only the config. Anything that a run would be missing, such as a key, a prompt bank or a noise
    folder, is listed after it, and the exit code is 1.
    """
    with errors_explained():
        from pipeline.config import load_config
        from pipeline.estimate import print_estimate

        print_estimate(console(), load_config(config))


def status(
    corpus: CorpusArgument,
    rejects: Annotated[bool, typer.Option("--rejects", help="List every reject with its content.")] = False,
) -> None:
    """Show the state of a corpus: progress by stage, contents, rejects."""
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
    """Rewrite a corpus's preview page for auditors, and print its path."""
    with errors_explained():
        from pipeline.preview import rewrite_preview

        console().print(f"preview: {rewrite_preview(corpus)}", highlight=False, soft_wrap=True, markup=False)
