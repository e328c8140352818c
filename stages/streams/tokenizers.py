"""The only place that knows every tokenizer: opening one, its part of the vocabulary, its entry on the card."""

from pathlib import Path

from manifests.extras import installed_version
from manifests.local_paths import expanded
from manifests.records import EngineInfo
from stages.streams.config import FileText, Qwen2Text, StreamsConfig, TextTokenizerConfig
from stages.streams.text_tokenizer import (
    QWEN2_WEIGHTS,
    FileTokenizer,
    Qwen2Tokenizer,
    TextTokenizer,
    file_identity,
    qwen2_identity,
)
from stages.streams.vocabulary import Vocabulary
from stages.units import WhisperVq, engine_info, identity, open_speech_tokenizer
from stages.units import remarks as unit_remarks
from stages.units import warnings as unit_warnings
from stages.units.config import Checkpoint
from stages.weights import digest, weights

_TEXT_PATH = "streams.text_tokenizer.path"


def open_text_tokenizer(config: TextTokenizerConfig) -> TextTokenizer:
    """Return the tokenizer, loaded.

    Raises:
        BuildError: its weights or file are unavailable.
    """
    return Qwen2Tokenizer() if isinstance(config, Qwen2Text) else FileTokenizer(expanded(config.path, _TEXT_PATH))


def vocabulary_of(config: StreamsConfig) -> Vocabulary:
    """Return the map of ids; loads no model.

    Raises:
        BuildError: a tokenizer's file or the codebook can't be read.
    """
    units = identity(config.speech_tokenizer)
    text = config.text_tokenizer
    if isinstance(text, Qwen2Text):
        text_identity, size = qwen2_identity(), Qwen2Tokenizer.size
    else:
        opened = FileTokenizer(expanded(text.path, _TEXT_PATH))
        text_identity, size = opened.identity, opened.size
    return Vocabulary(
        text_tokenizer=text_identity,
        text_size=size,
        unit_tokenizer=units.tokenizer,
        units=units.size,
        rate_hz=units.rate_hz,
        codebooks=units.codebooks,
    )


def engines(config: StreamsConfig) -> tuple[EngineInfo, ...]:
    """Return the identity of both tokenizers; loads nothing.

    Raises:
        BuildError: a package is not installed, or a file can't be read.
    """
    return _text_engine(config.text_tokenizer), engine_info(config.speech_tokenizer)


def remarks(config: StreamsConfig, language: str) -> tuple[str, ...]:
    """Return what a user of the corpus, of dialogues in a language, should know about its tokens."""
    said = unit_remarks(config.speech_tokenizer, language)
    return said if config.text_at == "onset" else (*said, _WORD_REMARK)


_WORD_REMARK = (
    "In three_stream, the assistant's text follows its speech word by word (streams.text_at: word): a word's tokens "
    "come no earlier than the chunk in which its speech starts, as far as its times are right."
)


def warnings(config: StreamsConfig, language: str) -> tuple[str, ...]:
    """Return what should be known about the tokens before a corpus is built in a language, ISO 639-1."""
    return unit_warnings(config.speech_tokenizer, language)


def outside_paths(config: StreamsConfig) -> dict[str, str]:
    """Return the files and folders that a config names, by key: what every node must see."""
    text, speech = config.text_tokenizer, config.speech_tokenizer
    paths = {
        "streams.text_tokenizer.path": text.path if isinstance(text, FileText) else None,
        "streams.speech_tokenizer.model": speech.model if isinstance(speech, WhisperVq) else None,
        "streams.speech_tokenizer.path": speech.path if isinstance(speech, Checkpoint) else None,
    }
    return {key: path for key, path in paths.items() if path is not None}


def check(config: StreamsConfig) -> None:
    """Open a speech tokenizer that isn't embedded, and close it; a checkpoint on the Hub is fetched.

    The embedded one's files are pinned by sha256 and were read for the fingerprint: opening it would show nothing new.

    Raises:
        BuildError: it is unavailable, or not the one the config describes.
        OSError: it is on the Hub, which can't be reached now.
    """
    if not isinstance(config.speech_tokenizer, WhisperVq):
        open_speech_tokenizer(config.speech_tokenizer)


def _text_engine(config: TextTokenizerConfig) -> EngineInfo:
    part = "text tokenizer"
    if isinstance(config, Qwen2Text):
        licence = weights(QWEN2_WEIGHTS).licence
        engine = installed_version("tiktoken")
        return EngineInfo(part, engine, "Qwen2 BPE", licence, digest(QWEN2_WEIGHTS), (QWEN2_WEIGHTS,))
    identity = file_identity(expanded(config.path, _TEXT_PATH))
    return EngineInfo(part, installed_version("tokenizers"), Path(config.path).name, "the file's own", identity)
