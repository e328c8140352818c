"""What the streams of so many hours will come to, for a plan that makes nothing."""

from manifests.records import TokenConfig
from stages.streams.config import StreamsConfig
from stages.streams.grid import CHUNK_UNITS, RATE_HZ

SPEECH_SHARE = 0.85
"""Turns over scene time, both channels together; the rest is gaps. Measured on the demo's kind of scene."""
TEXT_TOKENS_PER_SPEECH_S = 3.9
"""Qwen2's tokens in a second of English speech."""
SPEECH_S_PER_TURN = 4.0
BRACKETS = {"alignment": 10, "four_stream": 4}
"""Special tokens per turn."""


def expected_tokens(config: StreamsConfig, hours: float) -> dict[TokenConfig, int]:
    """Return the tokens per config of so many hours of scenes. A rough guide but for the chunked configs."""
    scene_s = hours * 3600.0
    speech_s = scene_s * SPEECH_SHARE
    turns = speech_s / SPEECH_S_PER_TURN
    content = speech_s * (RATE_HZ + TEXT_TOKENS_PER_SPEECH_S)
    chunks = scene_s * RATE_HZ / CHUNK_UNITS
    return {
        "alignment": round(2 * content + turns * BRACKETS["alignment"]),
        "four_stream": round(content + turns * BRACKETS["four_stream"]),
        "three_stream": round(chunks * config.chunk_tokens),
        "two_stream": round(chunks * (config.chunk_tokens - config.chunk.text)),
    }
