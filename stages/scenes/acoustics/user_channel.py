"""Everything between the user's mouth and the assistant's ear, in signal order."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from manifests.acoustics import Acoustics, EchoMix, GainMix, LineMix, RoomMix
from manifests.audio import Samples
from manifests.randomness import generator
from manifests.records import NoiseMix
from noise import active_power, limit
from stages.scenes.acoustics.codecs import CODECS
from stages.scenes.acoustics.config import AcousticsConfig
from stages.scenes.acoustics.line import carry
from stages.scenes.acoustics.reverberation import reverberate
from stages.scenes.acoustics.rooms import Rooms, cut_to, draw
from stages.scenes.background import Backgrounds


@dataclass(frozen=True)
class HeardChannel:
    """The user's channel as the assistant hears it.

    Attributes:
        samples: shape (n,).
        notes: ``user_gain_reduced`` if the limiter turned it down; ``room_cut``; ``<reason>:<file>`` for every
            recording that was skipped.
    """

    samples: Samples
    noise: NoiseMix | None
    acoustics: Acoustics
    notes: tuple[str, ...]


@dataclass(frozen=True)
class UserChannel:
    """Puts a clean channel into its surroundings; what each dialogue gets is drawn from generators of its own.

    The voice meets the room first. Noise and the loudspeaker's echo of the assistant join it at the microphone,
    which is why they are set against the reverberant voice and why the room, which is the voice's alone, leaves them
    as they are: a noise recording has its own room in it, and the echo's range is that of an echo as recorded. The
    microphone's gain then holds for all of them, and the line carries, colours and codes the sum.

    The limiter turns a channel down as a whole before it would clip: unlike one that follows the peaks, it keeps every
    ratio that was asked for, SNR and echo among them. It works before the line, since codecs clip, and after it, since
    filters and codecs overshoot.

    Attributes:
        backgrounds: the noise; None without.
        rooms: the rooms; None without.
    """

    config: AcousticsConfig
    seed: int
    backgrounds: Backgrounds | None
    rooms: Rooms | None

    def hear(
        self, voice: Samples, bounds: Sequence[tuple[int, int]], assistant: Samples, sample_rate: int, index: int
    ) -> HeardChannel:
        """Return a channel as the assistant hears it.

        Args:
            voice: shape (n,), the user's turns in silence; used up.
            bounds: where the user speaks, in samples.
            assistant: shape (n,), the assistant's channel as it is published.
            sample_rate: of both.
            index: the dialogue's, for the generators.

        Raises:
            RejectedError: ``speech_silent``: there is no voice to set noise against.
            BuildError: no noise file, or no room, can be used.
        """
        notes: list[str] = []
        room, channel = self._in_room(voice, bounds, sample_rate, index, notes)
        noise = self._add_noise(channel, bounds, sample_rate, index, notes)
        delay_s, echo_gain = self._add_echo(channel, assistant, sample_rate, index)
        gain_db = self._amplify(channel, index)
        limiter = limit(channel)
        channel, line = self._through_line(channel, sample_rate, index)
        if line is not None or limiter < 1:
            limiter *= limit(channel)
        if limiter < 1:
            notes.append("user_gain_reduced")
        limiter_db = 20 * math.log10(limiter)
        realised_db = (gain_db or 0.0) + limiter_db
        echo = gain = None
        if delay_s is not None and echo_gain is not None:
            realised_s = round(delay_s * sample_rate) / sample_rate
            echo = EchoMix(delay_s, realised_s, echo_gain, echo_gain * 10 ** (realised_db / 20))
        if gain_db is not None:
            gain = GainMix(gain_db, realised_db)
        return HeardChannel(channel, noise, Acoustics(room, echo, gain, line, limiter_db), tuple(notes))

    def _in_room(
        self, voice: Samples, bounds: Sequence[tuple[int, int]], sample_rate: int, index: int, notes: list[str]
    ) -> tuple[RoomMix | None, Samples]:
        """Reverberate at the voice's own level: how loud a distance makes it is the gain's to say."""
        rng = self._rng("room", self.config.room.share, index)
        if self.rooms is None or rng is None:
            return None, voice
        room = cut_to(self.rooms.room(rng, sample_rate), len(voice))
        notes += room.notes
        heard = reverberate(voice, room.response)
        before, after = active_power(voice, bounds), active_power(heard, bounds)
        if after > 0:
            heard *= np.float32(math.sqrt(before / after))
        return room.mix, heard

    def _add_noise(
        self, channel: Samples, bounds: Sequence[tuple[int, int]], sample_rate: int, index: int, notes: list[str]
    ) -> NoiseMix | None:
        if self.backgrounds is None:
            return None
        rng = self._rng("noise", self.backgrounds.config.share, index)
        if rng is None:
            return None
        background = self.backgrounds.behind(active_power(channel, bounds), len(channel), sample_rate, rng)
        channel += background.samples
        notes += background.notes
        return background.mix

    def _add_echo(
        self, channel: Samples, assistant: Samples, sample_rate: int, index: int
    ) -> tuple[float, float] | tuple[None, None]:
        rng = self._rng("echo", self.config.echo.share, index)
        if rng is None:
            return None, None
        delay_s, gain = draw(self.config.echo.delay_s, rng), draw(self.config.echo.gain, rng)
        delay = min(round(delay_s * sample_rate), len(channel))
        channel[delay:] += np.float32(gain) * assistant[: len(channel) - delay]
        return delay_s, gain

    def _amplify(self, channel: Samples, index: int) -> float | None:
        rng = self._rng("gain", self.config.gain.share, index)
        if rng is None:
            return None
        gain_db = draw(self.config.gain.db, rng)
        channel *= np.float32(10 ** (gain_db / 20))
        return gain_db

    def _through_line(self, channel: Samples, sample_rate: int, index: int) -> tuple[Samples, LineMix | None]:
        config = self.config.line
        rng = self._rng("line", config.share, index)
        if rng is None:
            return channel, None
        names = [name for name in CODECS if config.codecs.get(name)]
        weights = np.array([config.codecs[name] for name in names])
        name = names[int(rng.choice(len(names), p=weights / weights.sum()))]
        band, codec = config.band_hz, CODECS[name]
        carried = carry(channel, sample_rate, codec, (band.low, band.high))
        if codec.has_band:
            return carried.samples, LineMix(name, band.low, band.high, carried.codec_snr_db)
        return carried.samples, LineMix(name, None, None, carried.codec_snr_db)

    def _rng(self, part: str, share: float, index: int) -> np.random.Generator | None:
        """Return a part's generator for a dialogue, or None if the dialogue does not get the part."""
        if share == 0:
            return None
        rng = generator(self.seed, f"scenes/{part}", index)
        return rng if rng.random() < share else None
