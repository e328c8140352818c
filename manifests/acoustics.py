"""The records of the acoustics around the user: what was requested and what was realised."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class RoomMix:
    """The room in which the user's voice is heard.

    Attributes:
        source: ``"shoebox"``, or the file in the folder of impulse responses.
        length_m, width_m, height_m, distance_m: of a simulated room, the last from mouth to microphone; else None.
        requested_rt60_s: the reverberation time that a simulated room was built for.
        realised_rt60_s: measured on the response (T20); None if it is too short to tell.
        direct_to_reverberant_db: energy of the direct sound over that of the rest; None if there is no rest.
    """

    source: str
    length_m: float | None = None
    width_m: float | None = None
    height_m: float | None = None
    distance_m: float | None = None
    requested_rt60_s: float | None = None
    realised_rt60_s: float | None = None
    direct_to_reverberant_db: float | None = None


@dataclass(frozen=True)
class EchoMix:
    """The assistant's echo in the user's channel.

    Attributes:
        requested_delay_s, realised_delay_s: as drawn, and in whole samples.
        requested_gain, realised_gain: amplitude relative to the assistant's, as drawn, and after the microphone's
            gain and the limiter.
    """

    requested_delay_s: float
    realised_delay_s: float
    requested_gain: float
    realised_gain: float


@dataclass(frozen=True)
class GainMix:
    """The microphone's gain: as drawn, and after the limiter."""

    requested_db: float
    realised_db: float


@dataclass(frozen=True)
class LineMix:
    """The line that carried the user's channel.

    Attributes:
        codec: ``mulaw``, ``alaw``, ``gsm``, ``opus`` or ``none``.
        low_hz, high_hz: edges of its band; None for a codec without one.
        codec_snr_db: power of the codec's input over that of what it added; None without a codec.
    """

    codec: str
    low_hz: float | None
    high_hz: float | None
    codec_snr_db: float | None


@dataclass(frozen=True)
class Acoustics:
    """What was done to the user's channel besides noise; None for what was not.

    Attributes:
        limiter_db: how much the whole channel was turned down to prevent clipping; 0 if it had headroom.
    """

    room: RoomMix | None = None
    echo: EchoMix | None = None
    gain: GainMix | None = None
    line: LineMix | None = None
    limiter_db: float = 0.0

    @classmethod
    def from_columns(cls, columns: dict[str, Any]) -> "Acoustics":
        """Return the record whose `dataclasses.asdict` these columns are."""
        return cls(
            room=RoomMix(**columns["room"]) if columns["room"] else None,
            echo=EchoMix(**columns["echo"]) if columns["echo"] else None,
            gain=GainMix(**columns["gain"]) if columns["gain"] else None,
            line=LineMix(**columns["line"]) if columns["line"] else None,
            limiter_db=columns["limiter_db"],
        )
