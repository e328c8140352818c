"""`python -m training.units --work FOLDER`: texts, speech, features, bottleneck, prior network; resumes."""

import argparse
import hashlib
import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from stages.units.bottleneck import EMBEDDED as EMBEDDED_TOKENS
from stages.units.bottleneck import FEATURE_MODEL, Bottleneck, UnitsFormat
from stages.units.onnx_file import file_digest
from stages.units.vocoder import EMBEDDED as EMBEDDED_PRIOR
from stages.units.vocoder import VOICE_WEIGHTS, VocoderFormat
from stages.units.whisper_vq import WhisperUnits
from stages.weights import digest
from training.units.bottleneck import Encoder, Readers
from training.units.channels import Channel, recordings_of
from training.units.data import HELD_OUT_EVERY, Example, babble_clips, examples, training_channels
from training.units.export import export_prior, export_tokens
from training.units.features import hear_missing, hear_units
from training.units.measure import stability
from training.units.speech_parts import speak_missing
from training.units.texts import write_texts
from training.units.tokenizer_training import Log, train_codes, train_points
from training.units.vocoder_training import Spoken, train_prior

CHOSEN = 2048
OTHER_SIZES = (1024, 4096)
"""Trained for the comparison on the model card alone."""
LOG = Path(__file__).parent / "log.jsonl"
"""The losses of the run that made the embedded files; written when all is done."""


@dataclass(frozen=True)
class Arguments:
    """What the command line says."""

    work: Path
    tokens: Path
    prior: Path
    sentences: int
    steps: int
    seed: int
    workers: int


def main() -> None:
    """Train what is missing."""
    arguments = _arguments()
    torch.set_num_threads(arguments.workers)
    said = arguments.work / f"seed-{arguments.seed}-{arguments.sentences}"
    texts = write_texts(said / "texts.jsonl", arguments.seed, arguments.sentences, arguments.workers)
    parts = speak_missing(said / "speech", texts, arguments.seed, arguments.workers)
    work = said / f"heard-{_heard_as()}"
    log = Log(work / "log.jsonl")
    channels = training_channels(parts, arguments.seed)
    recordings = recordings_of(babble_clips(channels), arguments.seed)
    files = hear_missing(work / "features", channels, recordings, arguments.seed, arguments.workers)
    heard = examples(files, channels)
    _tokens(work, heard, channels, CHOSEN, arguments.seed, log)
    chosen = work / f"tokens-{CHOSEN}.onnx"
    _copy(chosen, arguments.tokens)
    prior = work / "prior.onnx"
    if not prior.exists():
        bottleneck = Bottleneck(chosen)
        spoken = [Spoken(hear_units(bottleneck, one.hearings), c) for one, c in zip(heard, channels, strict=True)]
        network = train_prior(spoken, CHOSEN, arguments.seed, arguments.steps, log, work / "prior-training.pt")
        export_prior(prior, network, VocoderFormat(CHOSEN, file_digest(chosen), digest(VOICE_WEIGHTS)))
    _copy(prior, arguments.prior)
    for size in OTHER_SIZES:
        _tokens(work, heard, channels, size, arguments.seed, log)
    shutil.copyfile(log.file, LOG)


def _arguments() -> Arguments:
    parser = argparse.ArgumentParser(prog="python -m training.units", description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for texts, speech, features and states")
    parser.add_argument("--tokens", type=Path, default=EMBEDDED_TOKENS, help="the bottleneck's .onnx to write")
    parser.add_argument("--prior", type=Path, default=EMBEDDED_PRIOR, help="the prior network's .onnx to write")
    parser.add_argument("--sentences", type=int, default=3600, help="sentences to speak")
    parser.add_argument("--steps", type=int, default=8000, help="steps of the prior network")
    parser.add_argument("--seed", type=int, default=20250, help="of texts, voices, noise and weights")
    parser.add_argument("--workers", type=int, default=2, help="processes, and threads of a training")
    return Arguments(**vars(parser.parse_args()))


def _heard_as() -> str:
    """Return a name for the features: another window or another encoder makes others."""
    written = json.dumps(asdict(_format(0)), sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()[:8]


def _format(size: int) -> UnitsFormat:
    return UnitsFormat(size, FEATURE_MODEL, digest(FEATURE_MODEL))


def _tokens(work: Path, heard: list[Example], channels: list[Channel], size: int, seed: int, log: Log) -> None:
    """Train a bottleneck of so many units, from the points that all sizes share, and measure it."""
    file = work / f"tokens-{size}.onnx"
    if not file.exists():
        points = work / "points.pt"
        if not points.exists():
            encoder, readers = train_points(heard, seed, log, work / "points-training.pt")
            partial = points.with_suffix(".partial")
            torch.save([encoder.state_dict(), readers.state_dict()], partial)
            os.replace(partial, points)
        encoder, readers = _read_points(points)
        codes = train_codes(encoder, readers, heard, size, seed, log, work / f"codes-{size}-training.pt")
        export_tokens(file, encoder, codes, _format(size))
    _measure(file, channels, seed)


def _read_points(file: Path) -> tuple[Encoder, Readers]:
    states = torch.load(file, weights_only=True)
    encoder, readers = Encoder(), Readers()
    for module, state in zip((encoder, readers), states, strict=True):
        module.load_state_dict(state)
    return encoder, readers


def _copy(trained: Path, embedded: Path) -> None:
    shutil.copyfile(trained, embedded)
    print(f"{embedded}: {embedded.stat().st_size / 1e6:.1f} MB", flush=True)


def _measure(tokens: Path, channels: list[Channel], seed: int) -> None:
    file = tokens.with_suffix(".json")
    if file.exists():
        return
    held_out = channels[::HELD_OUT_EVERY]
    unheard = recordings_of(babble_clips(held_out), seed + 1)
    threads = torch.get_num_threads()
    figures = stability(WhisperUnits(tokens), held_out, unheard, seed)
    torch.set_num_threads(threads)  # the encoder sets OpenMP's to its own one, and torch shares them
    file.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=1), flush=True)


if __name__ == "__main__":
    main()
