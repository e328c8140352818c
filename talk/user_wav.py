"""A user's recording, read chunk by chunk: any rate, any number of channels, any sample format libsndfile knows."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import soundfile
import soxr

from manifests.audio import Samples
from manifests.errors import BuildError
from talk.session import CHUNK_S, CHUNK_SAMPLES, USER_RATE


class UserWav:
    """An open recording; memory does not grow with its length.

    Attributes:
        duration_s: of the recording.
        remarks: what was done to it and what is odd about it; whether it is silent is known when it has been read.

    Raises:
        BuildError: no such file, none that libsndfile reads, or an empty one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file = soundfile.SoundFile(path)
        except (soundfile.LibsndfileError, OSError) as error:
            raise BuildError(f"{path}: no recording that can be read ({error}); give a wav or flac file") from error
        if not self._file.frames:
            self._file.close()
            raise BuildError(f"{path}: an empty recording; give one in which the user says something")
        self.duration_s = self._file.frames / self._file.samplerate
        self.remarks: list[str] = []
        if self._file.channels > 1:
            self.remarks.append(f"{path}: {self._file.channels} channels, mixed down to one")
        if self._file.samplerate != USER_RATE:
            self.remarks.append(f"{path}: {self._file.samplerate} Hz, resampled to {USER_RATE}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def chunks(self, tail_s: float = 0.0) -> Iterator[Samples]:
        """Yield the recording in chunks of 400 ms at 16 kHz, shape (CHUNK_SAMPLES,), the last one padded with silence.

        Args:
            tail_s: so much silence follows, for the assistant to answer in.

        Raises:
            BuildError: a sample is NaN or infinite.
        """
        kept: Samples = np.zeros(0, np.float32)
        loudest = 0.0
        for samples in self._resampled():
            loudest = max(loudest, float(np.abs(samples).max(initial=0.0)))
            kept = np.concatenate([kept, samples])
            while len(kept) >= CHUNK_SAMPLES:
                yield kept[:CHUNK_SAMPLES]
                kept = kept[CHUNK_SAMPLES:]
        if len(kept):
            yield np.pad(kept, (0, CHUNK_SAMPLES - len(kept)))
        if loudest == 0.0:
            self.remarks.append(f"{self._path}: silent from beginning to end; nobody spoke to the assistant")
        for _ in range(round(tail_s / CHUNK_S)):
            yield np.zeros(CHUNK_SAMPLES, np.float32)

    def _resampled(self) -> Iterator[Samples]:
        rate = self._file.samplerate
        resampler = soxr.ResampleStream(rate, USER_RATE, 1, dtype="float32", quality="HQ")
        block, place = round(rate * CHUNK_S), 0
        while place < self._file.frames:
            samples = self._file.read(block, dtype="float32", always_2d=True).mean(axis=1)
            if not len(samples):
                raise BuildError(
                    f"{self._path}: ends at {place / rate:.2f} s of the {self.duration_s:.2f} s it states; it is "
                    "damaged: save it again"
                )
            if not np.isfinite(samples).all():
                raise BuildError(
                    f"{self._path}: a sample within {CHUNK_S} s of {place / rate:.2f} s is NaN or infinite; save the "
                    "recording again, for example as 16-bit wav"
                )
            place += len(samples)
            last = place >= self._file.frames
            yield samples if rate == USER_RATE else resampler.resample_chunk(samples, last=last)
