"""A conversation as a file: stereo wav, user left and assistant right, written as it happens."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import soundfile
import soxr

from manifests.audio import Samples
from manifests.errors import BuildError
from manifests.whole_file import written_whole
from talk.session import USER_RATE


class Recording:
    """Writes 16-bit wav at the assistant's rate; what one channel is ahead of the other waits in memory.

    Args:
        path: of the file, which is there when it is whole: until then, and where it stays broken off, nothing of that
            name is touched. Its folder is made.
        rate: of the assistant's sound, in Hz.

    Raises:
        BuildError: it can't be written.
    """

    def __init__(self, path: Path, rate: int) -> None:
        self._rate = rate
        try:
            with ExitStack() as opened:
                partial = opened.enter_context(written_whole(path))
                self._file = opened.enter_context(soundfile.SoundFile(partial, "w", rate, 2, "PCM_16", format="WAV"))
                self._opened = opened.pop_all()
        except (soundfile.LibsndfileError, OSError) as error:
            raise BuildError(f"{path} can't be written ({error}); give another --out") from error
        self._resampler = soxr.ResampleStream(USER_RATE, rate, 1, dtype="float32", quality="HQ")
        self._channels: list[Samples] = [np.zeros(0, np.float32), np.zeros(0, np.float32)]
        self._written = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind:
            self._opened.__exit__(kind, error, trace)
            return
        with self._opened:
            self._pad()

    def user(self, samples: Samples) -> None:
        """Append audio of the user, at 16 kHz."""
        self._add(0, self._resampler.resample_chunk(samples))
        self._write()

    def assistant(self, sound: Samples, start_s: float | None = None) -> None:
        """Append audio of the assistant: at a given time, with silence before it, or right after what is there."""
        if start_s is not None:
            there = self._written + len(self._channels[1])
            self._add(1, np.zeros(max(round(start_s * self._rate) - there, 0), np.float32))
        self._add(1, sound)
        self._write()

    def _pad(self) -> None:
        """Write what is buffered, the shorter channel padded with silence."""
        self._add(0, self._resampler.resample_chunk(np.zeros(0, np.float32), last=True))
        longest = max(map(len, self._channels))
        for channel in range(2):
            self._add(channel, np.zeros(longest - len(self._channels[channel]), np.float32))
        self._write()

    def _add(self, channel: int, samples: Samples) -> None:
        self._channels[channel] = np.concatenate([self._channels[channel], samples])

    def _write(self) -> None:
        count = min(map(len, self._channels))
        self._file.write(np.stack([channel[:count] for channel in self._channels], axis=1))
        self._channels = [channel[count:] for channel in self._channels]
        self._written += count
