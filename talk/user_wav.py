"""A user's recording, read chunk by chunk: any rate, any number of channels, any sample format libsndfile knows."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr

from manifests.audio import Samples, tells_length
from manifests.errors import BuildError
from stages.units import grid
from talk.session import CHUNK_S, CHUNK_SAMPLES, USER_RATE

LOUDEST = 10.0
"""Times the full scale, 20 dB above it: beyond that, samples are on another scale, such as that of 16-bit integers."""


class UserWav:
    """A recording that has been read once to find any faults; memory does not grow with its length.

    Attributes:
        duration_s: of the recording.
        remarks: what is done to it and what is odd about it.

    Raises:
        BuildError: the file doesn't exist, can't be read by libsndfile, is empty, damaged or of unknown length, or
            has samples that are NaN, infinite or beyond `LOUDEST`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with soundfile.SoundFile(path) as file:
                self._rate, channels, stated = file.samplerate, file.channels, file.frames
                has_length = tells_length(file)
        except (soundfile.LibsndfileError, OSError) as error:
            raise BuildError(f"{path} can't be read as a recording ({error}); give a wav or flac file") from error
        if not has_length:
            raise BuildError(
                f"{path} doesn't state its length, like files that were written to a pipe, and libsndfile can't read "
                "such files to the end; save it again, for example with ffmpeg -i RECORDING user.wav"
            )
        frames, peak = self._scanned(stated)
        self.duration_s = frames / self._rate
        self.remarks: list[str] = []
        if channels > 1:
            self.remarks.append(f"{path}: {channels} channels, mixed down to one")
        if self._rate != USER_RATE:
            self.remarks.append(f"{path}: {self._rate} Hz, resampled to {USER_RATE}")
        if peak > 1.0:
            self.remarks.append(f"{path}: peaks at {peak:.2f}, beyond full scale (1); used as is")
        if peak == 0.0:
            self.remarks.append(f"{path}: silent from start to end; nobody spoke to the assistant")

    def count_chunks(self, tail_s: float = 0.0) -> int:
        """Return how many `chunks` there are."""
        return _whole_chunks(self.duration_s) + _whole_chunks(tail_s)

    def chunks(self, tail_s: float = 0.0) -> Iterator[Samples]:
        """Yield the recording in chunks of 400 ms at 16 kHz, shape (CHUNK_SAMPLES,), the last one padded with silence.

        Args:
            tail_s: so much silence follows at least, in whole chunks, for the assistant to answer in.
        """
        kept: Samples = np.zeros(0, np.float32)
        for samples in self._resampled():
            kept = np.concatenate([kept, samples])
            while len(kept) >= CHUNK_SAMPLES:
                yield kept[:CHUNK_SAMPLES]
                kept = kept[CHUNK_SAMPLES:]
        if len(kept):
            yield np.pad(kept, (0, CHUNK_SAMPLES - len(kept)))
        for _ in range(_whole_chunks(tail_s)):
            yield np.zeros(CHUNK_SAMPLES, np.float32)

    def _resampled(self) -> Iterator[Samples]:
        if self._rate == USER_RATE:
            yield from self._blocks()
            return
        resampler = soxr.ResampleStream(self._rate, USER_RATE, 1, dtype="float32", quality="HQ")
        for samples in self._blocks():
            yield resampler.resample_chunk(samples)
        yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)

    def _blocks(self) -> Iterator[Samples]:
        """Yield the recording mixed down, at its own rate, 400 ms at once."""
        with soundfile.SoundFile(self._path) as file:
            while len(samples := file.read(round(self._rate * CHUNK_S), dtype="float32", always_2d=True)):
                yield samples.mean(axis=1)

    def _scanned(self, stated: int) -> tuple[int, float]:
        """Return how many frames there are, and the largest sample's absolute value."""
        frames, peak = 0, 0.0
        damaged = "it is damaged: save it again"
        try:
            for samples in self._blocks():
                if not np.isfinite(samples).all():
                    raise BuildError(
                        f"{self._path}: a sample within {CHUNK_S} s of {frames / self._rate:.2f} s is NaN or infinite; "
                        "save the recording again, for example as 16-bit wav"
                    )
                frames += len(samples)
                peak = max(peak, float(np.abs(samples).max()))
        except soundfile.LibsndfileError as error:
            raise BuildError(
                f"{self._path} can't be read beyond {frames / self._rate:.2f} s ({error}); {damaged}"
            ) from error
        if frames < stated:
            raise BuildError(
                f"{self._path} ends at {frames / self._rate:.2f} s of the {stated / self._rate:.2f} s that it states; "
                f"{damaged}"
            )
        if not frames:
            raise BuildError(f"{self._path} is empty; give a recording in which the user says something")
        if peak > LOUDEST:
            raise BuildError(
                f"{self._path} peaks at {peak:g}, but the samples of a float recording lie between -1 and 1; save it "
                "again as 16-bit wav, or divide it by the full scale that its samples were made for (32768 for 16 bits)"
            )
        return frames, peak


def _whole_chunks(seconds: float) -> int:
    """Return how many chunks of 400 ms hold some time; what is shorter than a sample is none of it."""
    return grid.chunks_of(round(seconds * USER_RATE))
