"""The `build-corpus` command: what it is made of."""

import typer

from commands import corpus, talk, timing, training, weights

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Make training corpora for full-duplex spoken dialogue models: LLM text, TTS speech, timed two-channel "
    "scenes, noise, speech units and multi-stream Parquet shards. Start with: build-corpus plan configs/demo.yaml",
)
app.command("run")(corpus.run)
app.command("config")(corpus.config_keys)
app.command("plan")(corpus.plan)
app.command("status")(corpus.status)
app.command("validate")(corpus.validate)
app.command("preview")(corpus.preview)
app.command("train")(training.train)
app.command("evaluate")(training.evaluate)
app.command("ablate")(training.ablate)
app.command("talk")(talk.talk)

models_app = typer.Typer(no_args_is_help=True, help="List or fetch the weights of the embedded engines.")
models_app.command("list")(weights.list_weights)
models_app.command("pull")(weights.pull)
app.add_typer(models_app, name="models")

timing_app = typer.Typer(
    no_args_is_help=True,
    help="Fit or show timing profiles: the laws of when people and assistants speak.",
)
timing_app.command("fit")(timing.fit)
timing_app.command("show")(timing.show)
app.add_typer(timing_app, name="timing")


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
