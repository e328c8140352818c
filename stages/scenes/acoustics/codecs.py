"""The codecs of lines, as libsndfile has them."""

from dataclasses import dataclass
from typing import Literal

CodecName = Literal["mulaw", "alaw", "gsm", "opus", "none"]


@dataclass(frozen=True)
class Codec:
    """A codec as libsndfile has it.

    Attributes:
        sample_rate: that it is run at.
        container, subtype: libsndfile's names; empty for no codec.
        has_band: the telephone's band goes with it.
    """

    sample_rate: int
    container: str
    subtype: str
    has_band: bool = True


CODECS: dict[CodecName, Codec] = {
    "mulaw": Codec(8_000, "WAV", "ULAW"),
    "alaw": Codec(8_000, "WAV", "ALAW"),
    "gsm": Codec(8_000, "WAV", "GSM610"),
    "opus": Codec(16_000, "OGG", "OPUS", has_band=False),
    "none": Codec(8_000, "", ""),
}
"""G.711 (mu-law, A-law) and GSM 06.10 of telephones, Opus of calls over the internet."""
