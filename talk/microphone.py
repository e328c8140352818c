"""Microphone and loudspeaker, through PortAudio (`sounddevice`, extra "talk")."""

import importlib
import queue
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Lock
from typing import Any, Self

import numpy as np

from manifests.audio import Samples
from manifests.errors import BuildError
from manifests.extras import missing_extra
from talk.clock import UserChunk
from talk.playout import Played
from talk.session import CHUNK_SAMPLES, USER_RATE

HEADPHONES = (
    "wear headphones: nothing removes the assistant's voice from the microphone, so through a loudspeaker it hears "
    "itself as if you were speaking"
)
GONE_S = 5.0
"""A device that gives nothing for so long, where it has something every 20 ms, was unplugged."""
_BLOCK_SAMPLES = CHUNK_SAMPLES // 20
_INVALID_RATE = -9997
"""PortAudio's paInvalidSampleRate."""


class Microphone:
    """The microphone and loudspeaker, opened; recorded audio waits until it is requested, however long that takes.

    Args:
        sound_rate: of what is played, in Hz.

    Attributes:
        lost: how often the system lost sound before it came here.
        gone: whether the microphone gives nothing any more.

    Raises:
        BuildError: sounddevice or PortAudio is missing, or a device can't be opened or, on entering, started.
    """

    def __init__(self, sound_rate: int) -> None:
        self.lost = 0
        self.gone = False
        self._recorded: queue.SimpleQueue[tuple[Samples, float]] = queue.SimpleQueue()
        self._playing: deque[Samples] = deque()
        self._lock = Lock()
        self._sound_rate = sound_rate
        self._free_s = 0.0
        self._sounddevice = _sounddevice()
        self._opened = ExitStack()
        mono = {"channels": 1, "dtype": "float32"}
        with self._closed_at_a_fault(f"the microphone at {USER_RATE} Hz"):
            self._input = self._sounddevice.InputStream(
                samplerate=USER_RATE, blocksize=_BLOCK_SAMPLES, callback=self._record, **mono
            )
            self._opened.callback(self._input.close)
        with self._closed_at_a_fault(f"the loudspeaker at {sound_rate} Hz"):
            self._output = self._sounddevice.OutputStream(samplerate=sound_rate, callback=self._play, **mono)
            self._opened.callback(self._output.close)

    def __enter__(self) -> Self:
        with self._closed_at_a_fault("the loudspeaker"):
            self._output.start()
        with self._closed_at_a_fault("the microphone"):
            self._input.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def heard(self) -> Iterator[UserChunk]:
        """Yield chunks as they complete, until the microphone is `gone`; times are on the wall clock."""
        kept: Samples = np.zeros(0, np.float32)
        while True:
            try:
                samples, at_s = self._recorded.get(timeout=GONE_S)
            except queue.Empty:
                self.gone = True
                return
            kept = np.concatenate([kept, samples])
            if len(kept) >= CHUNK_SAMPLES:
                yield UserChunk(kept[:CHUNK_SAMPLES], at_s)
                kept = kept[CHUNK_SAMPLES:]

    def play(self, played: Played, ready_s: float) -> None:
        """Play audio when it is due, or at once if that time has passed.

        Args:
            played: the sound in time.
            ready_s: what the time is, on the same clock.
        """
        waits_s = played.start_s - max(ready_s, self._free_s)
        self._free_s = played.start_s + len(played.sound) / self._sound_rate
        silence = np.zeros(max(round(waits_s * self._sound_rate), 0), np.float32)
        with self._lock:
            self._playing += [silence, played.sound]

    @contextmanager
    def _closed_at_a_fault(self, device: str) -> Iterator[None]:
        try:
            yield
        except (self._sounddevice.PortAudioError, ValueError) as error:
            self._opened.close()
            if _INVALID_RATE in error.args:
                way_out = (
                    "it doesn't support that rate: choose a device in the system's settings that resamples (on Linux "
                    "PipeWire's, apt install pipewire-alsa), or talk in a browser with --serve, which resamples"
                )
            else:
                way_out = (
                    "`python -m sounddevice` lists the available devices: connect one, close any program that uses it "
                    "and select it in the system's settings, or give a recording with --user"
                )
            raise BuildError(f"{device} can't be opened ({error}); {way_out}") from error

    def _record(self, indata: Samples, frames: int, times: Any, status: Any) -> None:
        self.lost += bool(status.input_overflow)
        self._recorded.put((indata[:, 0].copy(), time.monotonic()))

    def _play(self, outdata: Samples, frames: int, times: Any, status: Any) -> None:
        place = 0
        with self._lock:
            while place < frames and self._playing:
                piece = self._playing.popleft()
                taken = piece[: frames - place]
                outdata[place : place + len(taken), 0] = taken
                place += len(taken)
                if len(taken) < len(piece):
                    self._playing.appendleft(piece[len(taken) :])
        outdata[place:] = 0


def _sounddevice() -> Any:
    try:
        return importlib.import_module("sounddevice")
    except ModuleNotFoundError as missing:
        raise missing_extra(str(missing), "talk") from missing
    except OSError as error:
        raise BuildError(
            f"sounddevice can't find PortAudio ({error}); install it (Debian, Ubuntu: apt install libportaudio2), or "
            "give a recording with --user"
        ) from error
