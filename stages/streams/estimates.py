"""How large a corpus's streams will be, estimated for `build-corpus plan`."""

from manifests.records import TokenConfig
from stages.streams.config import StreamsConfig

RTF_BY_TOKENIZER = {"whisper-vq": 0.035, "s3tokenizer": 0.2, "mimi": 0.5, "encodec": 0.26}
"""Seconds of work per second of scene, both channels, on one thread; the last three measured on models of the released
sizes with random weights (S3 at 25 Hz; at 50 Hz it takes twice as long)."""

TEXT_TOKENS_PER_WORD = 1.25
"""Qwen2's tokens per word of English talk, marks included."""

SPEECH_S_PER_TURN = 4.0
SPECIALS_PER_TURN = {"alignment": 10, "four_stream": 4}


def expected_rtf(config: StreamsConfig) -> float:
    """Return the seconds of work per second of scene, on one thread."""
    return RTF_BY_TOKENIZER[config.speech_tokenizer.kind]


def expected_tokens(config: StreamsConfig, speech_s: float, audio_s: float, words: float) -> dict[TokenConfig, int]:
    """Return the tokens per config: close for the chunked configs, a rough guide for the other two.

    Args:
        speech_s: all turns together.
        audio_s: all scenes together, gaps included.
        words: of all turns; CJK characters count as words.
    """
    turns = speech_s / SPEECH_S_PER_TURN
    tokenizer = config.speech_tokenizer
    content = speech_s * tokenizer.rate_hz + words * TEXT_TOKENS_PER_WORD
    chunks = audio_s * tokenizer.rate_hz / tokenizer.chunk_units
    return {
        "alignment": round(2 * content + turns * SPECIALS_PER_TURN["alignment"]),
        "four_stream": round(content + turns * SPECIALS_PER_TURN["four_stream"]),
        "three_stream": round(chunks * config.chunk_tokens),
        "two_stream": round(chunks * (config.chunk_tokens - config.chunk.text)),
    }
