"""`python -m training.units --work FOLDER`: texts, speech, features, bottleneck, words, prior network; resumes."""

import argparse
import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import torch

from manifests.audio import Samples
from manifests.digests import file_sha256
from manifests.whole_file import written_whole
from stages.units.bottleneck import EMBEDDED as EMBEDDED_TOKENS
from stages.units.bottleneck import Bottleneck
from stages.units.embedded import PINS, pins_of
from stages.units.vocoder import EMBEDDED as EMBEDDED_PRIOR
from stages.units.vocoder import VOICE_WEIGHTS, VocoderFormat
from stages.units.whisper_vq import WhisperUnits
from stages.weights import digest
from training.units import words
from training.units.bottleneck import Encoder, Readers
from training.units.channels import RESAMPLED_SHARE, Channel, recordings_of
from training.units.data import HELD_OUT_EVERY, Example, babble_clips, examples, training_channels
from training.units.determinism import deterministic
from training.units.export import export_prior, export_tokens
from training.units.features import hear_missing, hear_units, read_hearings
from training.units.folders import Folders, folders, tokens_format
from training.units.log import Log
from training.units.measure import stability
from training.units.speech_parts import speak_missing
from training.units.texts import write_texts
from training.units.tokenizer_training import train_codes, train_points
from training.units.vocoder_training import ChannelHearings, train_prior
from training.units.word_units import hear_words
from training.units.words import word_sentences

CHOSEN = 2048
"""Units of the tokenizer that comes with the project; whisper_vq.md tells why."""
LOG = Path(__file__).parent / "log.jsonl"
"""The losses and seconds of the runs that made the embedded files."""


@dataclass(frozen=True)
class Arguments:
    """What the command line says."""

    work: Path
    tokens: Path
    prior: Path
    sentences: int
    word_sentences: int
    steps: int
    seed: int
    workers: int
    sizes: Sequence[int]

    @property
    def embedded(self) -> tuple[bool, bool]:
        """Whether tokens and prior are to be written in place of those that come with the project."""
        return self.tokens.resolve() == EMBEDDED_TOKENS.resolve(), self.prior.resolve() == EMBEDDED_PRIOR.resolve()


@dataclass(frozen=True)
class Work:
    """The speech that all trainings share, as heard.

    Attributes:
        folders: where everything lies.
        channels: of sentences with gaps.
        files: of each channel, its features in all hearings.
        recordings: of noise.
    """

    folders: Folders
    channels: Sequence[Channel]
    files: Sequence[Path]
    recordings: Sequence[Samples]


@dataclass(frozen=True)
class Trained:
    """What a work has made.

    Attributes:
        tokens: the bottleneck's .onnx.
        prior: the .onnx of the prior network that speaks its units.
        logs: of all stages, in their order.
    """

    tokens: Path
    prior: Path
    logs: Sequence[Path]


def main() -> None:
    """Train what is missing, then write it where it is wanted; or compare bottlenecks."""
    arguments = _arguments()
    torch.set_num_threads(arguments.workers)
    with deterministic():
        work = _heard(arguments)
        _train_tokens(work, arguments.sizes or (CHOSEN,), arguments.seed)
        if not arguments.sizes:
            _publish(_train_voice(arguments, work), arguments)


def _heard(arguments: Arguments) -> Work:
    """Write, speak and hear what is missing."""
    seed, workers = arguments.seed, arguments.workers
    work = folders(arguments.work, seed, arguments.sentences, arguments.word_sentences, arguments.steps)
    texts = write_texts(work.said / "texts.jsonl", seed, arguments.sentences, workers, _log(work.said))
    parts = speak_missing(work.said / "speech", texts, seed, workers, _log(work.said))
    channels = training_channels(parts, seed, RESAMPLED_SHARE)
    recordings = recordings_of(babble_clips(channels), seed)
    files = hear_missing(work.heard / "features", channels, recordings, seed, workers, _log(work.heard))
    return Work(work, channels, files, recordings)


def _log(folder: Path) -> Log:
    return Log(folder / LOG.name)


def _train_voice(arguments: Arguments, work: Work) -> Trained:
    """Train the prior network on the units of the chosen bottleneck, if that is missing."""
    folder = work.folders.prior
    log = _log(folder)
    tokens, prior = _tokens_file(work.folders.tokens, CHOSEN), folder / "prior.onnx"
    if not prior.exists():
        bottleneck = Bottleneck(tokens)
        heard = (hear_units(bottleneck, read_hearings(file)) for file in work.files)
        spoken = [ChannelHearings(units, channel) for units, channel in zip(heard, work.channels, strict=True)]
        spoken += _spoken_words(arguments, work, tokens)
        with log.timed("prior"):
            network = train_prior(spoken, CHOSEN, arguments.seed, arguments.steps, log, folder / "training.pt")
            export_prior(prior, network, VocoderFormat(CHOSEN, file_sha256(tokens), digest(VOICE_WEIGHTS)))
    logs = [folder / LOG.name for folder in work.folders]
    return Trained(tokens, prior, [log for log in logs if log.exists()])


def _spoken_words(arguments: Arguments, work: Work, tokens: Path) -> list[ChannelHearings]:
    """Return the speech that the voice alone learns from."""
    said_in, heard_in = work.folders.words, work.folders.word_units
    seed, workers = arguments.seed + 1, arguments.workers  # the same seed would draw the same paces and levels again
    texts = word_sentences(seed, arguments.word_sentences)
    parts = speak_missing(said_in / "speech", texts, seed, workers, _log(said_in), words.KOKORO_EVERY)
    channels = training_channels(parts, seed, words.RESAMPLED_SHARE)
    heard = hear_words(heard_in / "units", tokens, channels, work.recordings, seed, workers, _log(heard_in))
    return [ChannelHearings(units, channel) for units, channel in zip(heard, channels, strict=True)]


def _publish(trained: Trained, arguments: Arguments) -> None:
    """Write the networks, and with the embedded ones pins and log, when all is made: each command needs a pair."""
    wanted = {arguments.tokens: trained.tokens.read_bytes(), arguments.prior: trained.prior.read_bytes()}
    if all(arguments.embedded):
        wanted[PINS] = pins_of(
            {arguments.tokens.name: file_sha256(trained.tokens), arguments.prior.name: file_sha256(trained.prior)}
        )
        wanted[LOG] = b"".join(log.read_bytes() for log in trained.logs)
    _write_together(wanted)
    for file, content in wanted.items():
        print(f"{file}: {len(content) / 1e6:.1f} MB", flush=True)


def _write_together(contents: Mapping[Path, bytes]) -> None:
    """Write every file under another name first, so that a full disk leaves all as they were."""
    with ExitStack() as opened:
        for file, content in contents.items():
            opened.enter_context(written_whole(file)).write_bytes(content)


def _arguments() -> Arguments:
    parser = argparse.ArgumentParser(prog="python -m training.units", description=__doc__)
    parser.add_argument(
        "--work", type=Path, required=True, help="folder for texts, speech, features and training states"
    )
    parser.add_argument("--tokens", type=Path, default=EMBEDDED_TOKENS, help=".onnx file to write the bottleneck to")
    parser.add_argument("--prior", type=Path, default=EMBEDDED_PRIOR, help=".onnx file to write the prior network to")
    parser.add_argument("--sentences", type=int, default=3600, help="sentences to speak for both trainings")
    parser.add_argument(
        "--word-sentences", type=int, default=7000, help="further sentences of random words, only for the voice"
    )
    parser.add_argument("--steps", type=int, default=8000, help="training steps of the prior network")
    parser.add_argument("--seed", type=int, default=20250, help="seed of texts, voices, noise and weights")
    parser.add_argument("--workers", type=int, default=2, help="number of processes, and of threads per training")
    parser.add_argument(
        "--sizes",
        type=int,
        nargs="+",
        default=(),
        metavar="UNITS",
        help="only train, measure and compare bottlenecks with these numbers of units; writes no networks",
    )
    arguments = Arguments(**vars(parser.parse_args()))
    if any(size < 2 for size in arguments.sizes):
        parser.error(f"--sizes {min(arguments.sizes)}: a bottleneck needs at least two units, silence and a code")
    if any(arguments.embedded) and not all(arguments.embedded):
        parser.error("--tokens and --prior go together: one alone would not fit the other, bundled one; give both")
    return arguments


def _train_tokens(work: Work, sizes: Sequence[int], seed: int) -> None:
    """Train the bottlenecks that are missing; all features are in memory until this is done."""
    if all(_figures(_tokens_file(work.folders.tokens, size)).exists() for size in sizes):
        return
    heard = examples(work.files, work.channels)
    for size in sizes:
        _tokens(work, heard, size, seed)


def _tokens(work: Work, heard: list[Example], size: int, seed: int) -> None:
    """Train a bottleneck of so many units, from the points that all sizes share, and measure it."""
    folder = work.folders.tokens
    log, file, points = _log(folder), _tokens_file(folder, size), folder / "points.pt"
    if not points.exists():
        with log.timed("points"):
            encoder, readers = train_points(heard, seed, log, folder / "points-training.pt")
            with written_whole(points) as partial:
                torch.save([encoder.state_dict(), readers.state_dict()], partial)
    if not file.exists():
        with log.timed(f"codes {size}"):
            encoder, readers = _read_points(points)
            codes = train_codes(encoder, readers, heard, size, seed, log, folder / f"codes-{size}-training.pt")
            export_tokens(file, encoder, codes, tokens_format(size))
    _measure(file, work.channels, seed, log)


def _tokens_file(work: Path, size: int) -> Path:
    return work / f"tokens-{size}.onnx"


def _figures(tokens: Path) -> Path:
    """Return where the figures of a bottleneck are kept; it is written last."""
    return tokens.with_suffix(".json")


def _read_points(file: Path) -> tuple[Encoder, Readers]:
    states = torch.load(file, weights_only=True)
    encoder, readers = Encoder(), Readers()
    for module, state in zip((encoder, readers), states, strict=True):
        module.load_state_dict(state)
    return encoder, readers


def _measure(tokens: Path, channels: Sequence[Channel], seed: int, log: Log) -> None:
    file = _figures(tokens)
    if file.exists():
        return
    held_out = channels[::HELD_OUT_EVERY]
    unheard = recordings_of(babble_clips(held_out), seed + 1)
    threads = torch.get_num_threads()
    with log.timed(f"measuring {tokens.stem}"):
        figures = stability(WhisperUnits(tokens), held_out, unheard, seed)
    torch.set_num_threads(threads)  # the encoder sets OpenMP's to its own one, and torch shares them
    with written_whole(file) as partial:
        partial.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=1), flush=True)


if __name__ == "__main__":
    main()
