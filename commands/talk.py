"""The command that talks to a checkpoint."""

from pathlib import Path
from typing import Annotated

import typer

from commands.errors import console, errors_explained, extra_explained
from commands.options import CheckpointArgument, TemperatureOption, TopKOption, TopPOption, finite


def talk(
    checkpoint: CheckpointArgument,
    user: Annotated[
        Path | None,
        typer.Option(
            help="Recording of a user: wav or flac at any rate, samples in [-1, 1]; channels are mixed down to one."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Stereo wav to write, user left, assistant right; .json, .txt and .svg are written next to it."
        ),
    ] = None,
    microphone: Annotated[
        bool, typer.Option("--microphone", help='Talk to it yourself, wearing headphones. Needs the extra "talk".')
    ] = False,
    serve: Annotated[
        bool, typer.Option("--serve", help='Serve a web page where people talk to it. Needs the extra "talk".')
    ] = False,
    host: Annotated[
        str, typer.Option(help="With --serve: address to listen on; any but a loopback address needs --token.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="With --serve: port to listen on; 0: any free port.")
    ] = 8765,
    token: Annotated[
        str,
        typer.Option(
            envvar="BUILD_CORPUS_TALK_TOKEN",
            help="With --serve: secret that visitors must know, 16 characters or more; best set in the environment.",
        ),
    ] = "",
    places: Annotated[
        int, typer.Option(min=1, help="With --serve: conversations at once; other visitors wait in line.")
    ] = 1,
    seed: Annotated[
        int, typer.Option(min=0, help="Random seed for sampling; the same sound and seed give the same answer.")
    ] = 0,
    temperature: TemperatureOption = 1.0,
    top_k: TopKOption = 0,
    top_p: TopPOption = 1.0,
    window_s: Annotated[
        float | None,
        typer.Option(
            min=0.4,
            callback=finite,
            help="Seconds that the model remembers; default: the longest row it was trained on.",
        ),
    ] = None,
    tail_s: Annotated[
        float, typer.Option(min=0, callback=finite, help="Seconds of silence after the recording, to answer in.")
    ] = 4.0,
    text_tokenizer: Annotated[
        Path | None,
        typer.Option(help="tokenizer.json of the corpus, if that isn't Qwen2's."),
    ] = None,
) -> None:
    """Talk to a checkpoint in full duplex: with a recording, at the microphone, or on a web page.

    Every 400 ms the model hears ten units of the user and says ten of its own, while it keeps listening. A recording is
    played to it as fast as the machine can; its speech is placed in the file where it would be heard live. At the end,
    the time per chunk, the chunks that would have been late, and when the assistant spoke are printed. Needs the extra
    "train".

    Example: build-corpus talk models/tiny --user question.wav --out answer.wav --temperature 0.8
    """
    with errors_explained():
        from manifests.errors import BuildError

        if [user is not None, microphone, serve].count(True) != 1:
            raise BuildError("give exactly one of --user, --microphone and --serve")
        if user is not None and out is None:
            raise BuildError("--user needs --out, the stereo wav to write")
        if serve and out is not None:
            raise BuildError("--serve can't be combined with --out: visitors save their conversations in the browser")
        with extra_explained("train"):
            from talk.commands import talk_by_microphone, talk_to_recording
            from talk.talker import TalkOptions
            from training.loop.sampling import Sampling
        options = TalkOptions(Sampling(temperature, top_k, top_p), window_s, text_tokenizer)
        if serve:
            with extra_explained("talk"):
                from talk.serve import ServeOptions, serve_page
            serve_page(console(), checkpoint, options, seed, ServeOptions(host, port, token, places))
        elif user is not None and out is not None:
            talk_to_recording(console(), checkpoint, user, out, options, seed, tail_s)
        else:
            talk_by_microphone(console(), checkpoint, out, options, seed)
