"""`python -m training.codebook --out FILE`: speak, compute features, fit, measure. Resumes where it stopped."""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from manifests.audio import Samples
from stages.units.codebook import EMBEDDED, Matrix, UnitsFormat, write_codebook
from stages.units.whisper_features import WhisperFeatures, channel_windows
from stages.weights import digest, ensure
from training.codebook.channels import SENTENCES_PER_CHANNEL, Variant, assemble, training_variants
from training.codebook.fit import Chunks, disturbance, fit_codebook, position_mean
from training.codebook.measure import measure
from training.codebook.spoken import speak_missing

FEATURE_MODEL = "whisper-tiny.en"
COMPUTE_TYPE = "int8"
HELD_OUT_EVERY = 12
"""Every twelfth channel is kept for the figures."""


@dataclass(frozen=True)
class Arguments:
    """What the command line says."""

    out: Path
    work: Path
    minutes: float
    size: int
    dims: int
    seed: int


def main() -> None:
    """Train the codebook and print its figures as one JSON object."""
    arguments = _arguments()
    work = arguments.work / f"seed-{arguments.seed}"
    files = speak_missing(work / "speech", arguments.seed, arguments.minutes)
    count = len(files) // SENTENCES_PER_CHANNEL
    groups = [files[index * SENTENCES_PER_CHANNEL :][:SENTENCES_PER_CHANNEL] for index in range(count)]
    learn = [index for index in range(len(groups)) if index % HELD_OUT_EVERY]
    held_out = [index for index in range(len(groups)) if not index % HELD_OUT_EVERY]

    extractor = WhisperFeatures(ensure(FEATURE_MODEL), COMPUTE_TYPE)
    hearings: list[dict[str, tuple[Chunks, int]]] = []
    for done, index in enumerate(learn):
        clean = assemble(groups[index], arguments.seed, index)
        folder = work / "features" / f"{index:04d}"
        variants = training_variants(clean, arguments.seed, index)
        hearings.append({v.name: (_features(extractor, v, folder), v.lead_units) for v in variants})
        print(f"features: channel {done + 1} of {len(learn)}", flush=True)

    chunks = np.concatenate([chunks for hearing in hearings for chunks, _ in hearing.values()])
    print(f"fitting {arguments.size} codes to {chunks.shape[0] * chunks.shape[1]} frames", flush=True)
    disturbances = _disturbances(hearings, position_mean(chunks))
    units_format = UnitsFormat(FEATURE_MODEL, digest(FEATURE_MODEL), COMPUTE_TYPE)
    codebook = fit_codebook(chunks, disturbances, units_format, arguments.size, arguments.dims, arguments.seed)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    write_codebook(arguments.out, codebook)
    channels: list[Samples] = [assemble(groups[index], arguments.seed, index) for index in held_out]
    print(json.dumps(measure(codebook, channels, arguments.seed), indent=1))


def _arguments() -> Arguments:
    parser = argparse.ArgumentParser(prog="python -m training.codebook", description=__doc__)
    parser.add_argument("--out", type=Path, default=EMBEDDED, help="the safetensors file to write")
    parser.add_argument("--work", type=Path, required=True, help="folder for speech and features, kept between runs")
    parser.add_argument("--minutes", type=float, default=40.0, help="minutes of speech to learn from")
    parser.add_argument("--size", type=int, default=4096, help="codes")
    parser.add_argument("--dims", type=int, default=96, help="dimensions of the codes")
    parser.add_argument("--seed", type=int, default=20250, help="of sentences, voices, noise and k-means")
    return Arguments(**vars(parser.parse_args()))


def _features(extractor: WhisperFeatures, variant: Variant, folder: Path) -> Chunks:
    file = folder / f"{variant.name}.npy"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        chunks = np.stack([extractor.of_window(window) for window in channel_windows(variant.samples)])
        partial = file.with_suffix(".partial.npy")
        np.save(partial, chunks.astype(np.float16), allow_pickle=False)
        partial.replace(file)
    loaded: Chunks = np.load(file, allow_pickle=False).astype(np.float32)
    return loaded


def _disturbances(hearings: list[dict[str, tuple[Chunks, int]]], means: Matrix) -> Matrix:
    pairs: list[Matrix] = []
    for hearing in hearings:
        clean, _ = hearing["clean"]
        pairs += [disturbance(clean, other, means, lead) for name, (other, lead) in hearing.items() if name != "clean"]
    return np.concatenate(pairs)


if __name__ == "__main__":
    main()
