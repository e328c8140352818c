"""Units into the assistant's voice: a trained network predicts a VITS voice's prior, the voice's graph speaks it."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from manifests.audio import Samples
from manifests.errors import BuildError
from stages.units import grid
from stages.units.base import Units
from stages.units.bottleneck import SILENCE_UNIT
from stages.units.embedded import open_network
from stages.units.vits_decoder import HOP_SAMPLES, SAMPLE_RATE, Frames, VitsDecoder
from stages.weights import digest, ensure

EMBEDDED = Path(__file__).parent / "joe_prior.onnx"
"""The prior network bundled with the project; its model card is next to it."""
VOICE_WEIGHTS = "piper-joe"

UNIT_SAMPLES = SAMPLE_RATE // grid.RATE_HZ
FRAME_PLACES = 8
"""A frame is told apart by the eighth of its unit that its centre lies in."""

PAST_UNITS = 20
LOOKAHEAD_UNITS = 2
"""Of a live stream: 80 ms."""
_WHOLE_LOOKAHEAD_UNITS = 12
_WHOLE_UNITS = 50
"""A whole channel is spoken two seconds at a time, so that memory does not grow with its length, and with all the
look-ahead that the prior network has use for."""
_FLOW_UNITS = 5
_SOUND_UNITS = 3
"""Units around the new ones that flow and decoder see too. Measured on joe: with 16 frames (5 units) the flow no longer
changes, with 8 (3 units) the sound changes by less than -50 dB."""
_FADE_SAMPLES = SAMPLE_RATE // 100
"""Silence begins and ends over 10 ms."""

METADATA_KEY = "vocoder"

Places = np.ndarray[tuple[int], np.dtype[np.int64]]


@dataclass(frozen=True)
class VocoderFormat:
    """What a prior network was trained for.

    Attributes:
        units: how many units there are.
        tokenizer_digest: sha256 of the bottleneck whose units it speaks.
        voice_digest: of the weights of the voice.
    """

    units: int
    tokenizer_digest: str
    voice_digest: str


def frame_grid(start_unit: int, units: int) -> tuple[Places, Places]:
    """Return, for the frames of the VITS prior whose centres lie in a span of units, where they lie.

    Frames lie on one grid from a channel's start on, 86.13 a second; a unit holds three or four of them.

    Returns:
        The index of each frame's unit, counted from `start_unit`, and its place in it, below `FRAME_PLACES`.
    """
    first, last = first_frame(start_unit), first_frame(start_unit + units)
    doubled_centres = (2 * np.arange(first, last, dtype=np.int64) + 1) * HOP_SAMPLES
    unit = doubled_centres // (2 * UNIT_SAMPLES)
    place = (doubled_centres - unit * 2 * UNIT_SAMPLES) * FRAME_PLACES // (2 * UNIT_SAMPLES)
    return unit - start_unit, place


def first_frame(unit: int) -> int:
    """Return the first frame whose centre does not lie before the unit's start."""
    return -(-(2 * unit * UNIT_SAMPLES - HOP_SAMPLES) // (2 * HOP_SAMPLES)) if unit else 0


class JoeVocoder:
    """Speaks units in the voice of Piper's joe, see `stages.units.Vocoder`.

    The unit of silence is digital silence, faded in and out; what the voice would breathe there is left out.

    Args:
        path: a trained prior network.
        threads: of the graphs.

    Raises:
        BuildError: the weights are not available, the file doesn't exist or is for another voice, or the embedded one
            is damaged.
    """

    sample_rate = SAMPLE_RATE

    def __init__(self, path: Path = EMBEDDED, threads: int = 1) -> None:
        self._session, metadata = open_network(path, threads)
        self.format = _format(path, metadata)
        if self.format.voice_digest != digest(VOICE_WEIGHTS):
            raise BuildError(f"{path} was trained for a different voice from the registry's {VOICE_WEIGHTS}")
        self.voice = VitsDecoder(next(ensure(VOICE_WEIGHTS).glob("*.onnx")), threads)

    def decode(self, units: Units) -> Samples:
        """Return the speech of a whole channel of units, shape (len(units) * UNIT_SAMPLES,), float32.

        Raises:
            ValueError: a unit lies outside the codebook; the message names it and its place.
        """
        self.check(units)
        stream = VoiceStream(self, _WHOLE_LOOKAHEAD_UNITS)
        pieces = [stream.push(units[start:][:_WHOLE_UNITS]) for start in range(0, len(units), _WHOLE_UNITS)]
        return np.concatenate([*pieces, stream.finish()])

    def stream(self) -> "VoiceStream":
        """Return a stream that speaks units as they arrive."""
        return VoiceStream(self, LOOKAHEAD_UNITS)

    def prior(self, units: Units, start_unit: int) -> Frames:
        """Return the prior's mean, shape (PRIOR_DIMS, frames), of units that start at a place in a channel."""
        frame_units, frame_places = frame_grid(start_unit, len(units))
        feed = {"units": units[np.newaxis].astype(np.int64), "frame_units": frame_units, "frame_places": frame_places}
        prior: Frames = self._session.run(["prior"], feed)[0][0]
        return prior

    def check(self, units: Units) -> None:
        """Check that all units are known.

        Raises:
            ValueError: one is not, or they are not integers.
        """
        if not np.issubdtype(units.dtype, np.integer):
            raise ValueError(f"units are {units.dtype}, not integers")
        if units.ndim != 1:
            raise ValueError(f"units of shape {units.shape} are not one channel")
        wrong = np.flatnonzero((units < 0) | (units >= self.format.units))
        if wrong.size:
            raise ValueError(
                f"unit {units[wrong[0]]} at place {wrong[0]} lies outside the codebook of {self.format.units} units"
            )


class VoiceStream:
    """One conversation's voice, spoken chunk by chunk, a look-ahead behind the units.

    Each call costs the same, however long the conversation: 20 units of the past are read again, 5 spoken again.
    """

    def __init__(self, vocoder: JoeVocoder, lookahead_units: int) -> None:
        self._vocoder = vocoder
        self._lookahead_units = lookahead_units
        self._units: Units = np.zeros(0, np.int32)
        self._first = 0
        """The place in the channel of the first unit kept."""
        self._spoken = 0
        """Units of the channel spoken so far."""

    def push(self, units: Units) -> Samples:
        """Return the sound that these units complete: up to the look-ahead before their end.

        Args:
            units: the next ones, shape (n,); any number, though 10 keep the clock of 400 ms.

        Raises:
            ValueError: a unit lies outside the codebook; the stream continues as if the call had not happened.
        """
        self._vocoder.check(units)
        self._units = np.concatenate([self._units, units])
        return self._speak_until(self._first + len(self._units) - self._lookahead_units)

    def finish(self) -> Samples:
        """Return the sound of what `push` held back for its look-ahead."""
        return self._speak_until(self._first + len(self._units))

    def _speak_until(self, end: int) -> Samples:
        if end <= self._spoken:
            return np.zeros(0, np.float32)
        offset, wanted = ((units * UNIT_SAMPLES) for units in (self._spoken - self._first, end - self._spoken))
        envelope = _envelope(self._units)[offset : offset + wanted]
        sound = self._sound(end) * envelope if envelope.any() else envelope
        self._spoken = end
        drop = max(0, end - PAST_UNITS - self._first)
        self._units, self._first = self._units[drop:], self._first + drop
        return sound

    def _sound(self, end: int) -> Samples:
        """Return what the voice says from the first unspoken unit to `end`."""
        voice, last = self._vocoder.voice, self._first + len(self._units)
        flow, heard = (
            tuple(first_frame(unit) for unit in (max(self._spoken - around, self._first), min(end + around, last)))
            for around in (_FLOW_UNITS, _SOUND_UNITS)
        )
        prior_from = first_frame(self._first)
        prior = self._vocoder.prior(self._units, self._first)[:, flow[0] - prior_from : flow[1] - prior_from]
        sound = voice.sound(voice.latent(prior)[:, heard[0] - flow[0] : heard[1] - flow[0]])
        return _fitted(
            sound[self._spoken * UNIT_SAMPLES - heard[0] * HOP_SAMPLES :], (end - self._spoken) * UNIT_SAMPLES
        )


def read_format(path: Path = EMBEDDED) -> VocoderFormat:
    """Return what the prior network of a file was trained for.

    Raises:
        BuildError: no such file, no prior network, or the embedded one is damaged.
    """
    _, metadata = open_network(path, threads=1)
    return _format(path, metadata)


def format_entry(vocoder_format: VocoderFormat) -> dict[str, str]:
    """Return the entry of an ONNX file's metadata that states the format."""
    return {METADATA_KEY: json.dumps(vars(vocoder_format), sort_keys=True)}


def _format(path: Path, metadata: dict[str, str]) -> VocoderFormat:
    try:
        return VocoderFormat(**json.loads(metadata[METADATA_KEY]))
    except (KeyError, TypeError, ValueError) as error:
        raise BuildError(f"{path} is not a prior network: its metadata doesn't state the format ({error})") from error


def _fitted(sound: Samples, count: int) -> Samples:
    """Return the first `count` samples; frames cover a channel's last unit to within half a frame."""
    return sound[:count] if len(sound) >= count else np.pad(sound, (0, count - len(sound)))


def _envelope(units: Units) -> Samples:
    """Return 0 over units of silence and 1 over speech, shape (len(units) * UNIT_SAMPLES,), faded inside the silence.

    A single unit of silence between speech is left to the voice: a stop's closure is no pause. Before the first unit
    and after the last one there is silence, not speech.
    """
    silent = units == SILENCE_UNIT
    around = np.pad(silent, 1, constant_values=True)
    alone = silent & ~around[:-2] & ~around[2:]
    gate = np.repeat(~silent | alone, UNIT_SAMPLES).astype(np.float32)
    if gate.all() or not gate.any():
        return gate
    # The widest fade inside silence: a moving maximum, then a moving mean, both of the fade's length.
    reach = np.ones(2 * _FADE_SAMPLES + 1, np.float32)
    widened = np.minimum(np.convolve(gate, reach, "same"), 1.0)
    faded: Samples = np.convolve(widened, reach / reach.sum(), "same").astype(np.float32)
    return np.maximum(faded, gate)
