"""Speech units: tokenizers that make them from audio, and the vocoder that speaks them again.

Not a stage: the streams stage, the previews, the trainer and the live loop all use them.
"""

from stages.units.base import SpeechTokenizer, Units, Vocoder
from stages.units.config import Encodec, Mimi, S3Tokenizer, SpeechTokenizerConfig, WhisperVq
from stages.units.engines import (
    engine_info,
    identity,
    open_speech_tokenizer,
    open_vocoder,
    remarks,
    vocoder_weights,
    warnings,
)

__all__ = [
    "Encodec",
    "Mimi",
    "S3Tokenizer",
    "SpeechTokenizer",
    "SpeechTokenizerConfig",
    "Units",
    "Vocoder",
    "WhisperVq",
    "engine_info",
    "identity",
    "open_speech_tokenizer",
    "open_vocoder",
    "remarks",
    "vocoder_weights",
    "warnings",
]
