"""The training speech on disk: parts of twenty sentences, one .npz each, kept between runs."""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from manifests.randomness import generator
from manifests.whole_file import written_whole
from training.units.aligned_speech import AlignedSentence, JoeWithPrior, KokoroWithTimes, Take
from training.units.log import Log
from training.units.missing import make_missing

PART_SENTENCES = 20
KOKORO_EVERY = 2
"""Another voice speaks every second sentence too; it takes six times joe's time."""


def speak_missing(
    folder: Path, texts: Sequence[str], seed: int, workers: int, log: Log, kokoro_every: int = KOKORO_EVERY
) -> list[Path]:
    """Speak all texts into parts under `folder`, but for those that are there, and return the parts in order."""
    starts = range(0, len(texts), PART_SENTENCES)
    parts = [folder / f"{start // PART_SENTENCES:04d}.npz" for start in starts]

    def what(place: int) -> tuple[list[str], int, int, int]:
        return list(texts[starts[place] :][:PART_SENTENCES]), seed, starts[place], kokoro_every

    make_missing("speech", parts, _speak_part, what, workers, log)
    return parts


def read_part(file: Path) -> Iterator[AlignedSentence]:
    """Yield the sentences of a part."""
    with np.load(file, allow_pickle=False) as archive:
        for index in range(int(archive["count"])):
            get = {name: archive[f"{index}/{name}"] for name in ("symbols", "mean", "share", "joe", "joe_s")}
            kokoro = None
            if f"{index}/kokoro" in archive:
                kokoro = Take(_floats(archive[f"{index}/kokoro"]), archive[f"{index}/kokoro_s"])
            yield AlignedSentence(
                tuple(str(get["symbols"])),
                Take(_floats(get["joe"]), get["joe_s"]),
                kokoro,
                get["mean"].astype(np.float32),
                get["share"],
            )


def _speak_part(file: Path, texts: list[str], seed: int, start: int, kokoro_every: int) -> None:
    joe, kokoro = _engines()
    arrays: dict[str, np.ndarray] = {}
    count = 0
    for offset, text in enumerate(texts):
        rng = generator(seed, "units speech", start + offset)
        for symbols in joe.phonemize(text):
            if not 3 <= len(symbols) <= 300:
                continue
            take, mean, share = joe.speak(symbols, rng)
            arrays[f"{count}/symbols"] = np.array("".join(symbols))
            arrays[f"{count}/joe"], arrays[f"{count}/joe_s"] = _pcm(take), take.seconds
            arrays[f"{count}/mean"], arrays[f"{count}/share"] = mean.astype(np.float16), share
            if (start + offset) % kokoro_every == 0:
                other = kokoro.speak(symbols, rng)
                arrays[f"{count}/kokoro"], arrays[f"{count}/kokoro_s"] = _pcm(other), other.seconds
            count += 1
    arrays["count"] = np.array(count)
    with written_whole(file) as partial, partial.open("wb") as out:
        np.savez(out, allow_pickle=False, **arrays)


@cache
def _engines() -> tuple[JoeWithPrior, KokoroWithTimes]:
    return JoeWithPrior(), KokoroWithTimes()


def _pcm(take: Take) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    return np.clip(np.round(take.samples * 32_767), -32_768, 32_767).astype(np.int16)


def _floats(pcm: np.ndarray[tuple[int, ...], np.dtype[np.int16]]) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return (pcm.astype(np.float32) / np.float32(32_767)).reshape(-1)
