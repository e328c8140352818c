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
            help="Recording of a user: wav or flac of any rate, samples in [-1, 1]; several channels are mixed down."
        ),
    ] = None,
    out: Annotated[
        Path | None,
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
        float | None,
        typer.Option(
            min=0.4, callback=finite, help="Seconds the model remembers; default: the longest row of its training."
        ),
    ] = None,
    tail_s: Annotated[
        float, typer.Option(min=0, callback=finite, help="Seconds of silence behind the recording, to answer in.")
    ] = 4.0,
    text_tokenizer: Annotated[
        Path | None,
        typer.Option(help="tokenizer.json of the corpus, where that was not Qwen2's."),
    ] = None,
) -> None:
    """Talk to a checkpoint in full duplex: a recording of a user, you at the microphone, or people on a page.

    Every 400 ms the model hears ten units of the user and says ten of its own, while it listens on. A recording is
    played to it as fast as the machine can; what it says stands in the file where it would be heard live. At the end
    come the times of a chunk, those that would have been late, and when the assistant spoke. Needs the extra "train".

    Example: build-corpus talk models/tiny --user question.wav --out answer.wav --temperature 0.8
    """
    with errors_explained():
        from manifests.errors import BuildError

        if [user is not None, microphone, serve].count(True) != 1:
            raise BuildError("give either --user, a recording, or --microphone, or --serve")
        if user is not None and out is None:
            raise BuildError("--user needs --out, the stereo wav to write")
        if serve and out is not None:
            raise BuildError("--serve writes no --out: visitors save their conversations in the browser")
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
