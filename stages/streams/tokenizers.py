"""The one place that knows every tokenizer: opening one, its part of the vocabulary, its entry on the card."""

from importlib import metadata
from pathlib import Path

from manifests.errors import BuildError
from manifests.records import EngineInfo
from stages.streams import grid
from stages.streams.codebook import EMBEDDED, codebook_digest, read_codebook
from stages.streams.config import Qwen2Text, StreamsConfig, TextTokenizerConfig, WhisperVq
from stages.streams.speech_tokenizer import SpeechTokenizer, WhisperUnits
from stages.streams.text_tokenizer import (
    QWEN2_WEIGHTS,
    FileTokenizer,
    Qwen2Tokenizer,
    TextTokenizer,
    file_identity,
    qwen2_identity,
)
from stages.streams.vocabulary import Vocabulary
from stages.weights import digest, weights


def open_text_tokenizer(config: TextTokenizerConfig) -> TextTokenizer:
    """Return the tokenizer, loaded.

    Raises:
        BuildError: its weights or file can't be had.
    """
    return Qwen2Tokenizer() if isinstance(config, Qwen2Text) else FileTokenizer(Path(config.path))


def open_speech_tokenizer(config: WhisperVq) -> SpeechTokenizer:
    """Return the tokenizer, loaded.

    Raises:
        BuildError: its package, weights or codebook can't be had.
    """
    return WhisperUnits(read_codebook(codebook_path(config)))


def codebook_path(config: WhisperVq) -> Path:
    """Return the file of the codebook."""
    return Path(config.codebook) if config.codebook else EMBEDDED


def vocabulary(config: StreamsConfig) -> Vocabulary:
    """Return the map of ids; loads no model.

    Raises:
        BuildError: a tokenizer's file or the codebook can't be read.
    """
    path = codebook_path(config.speech_tokenizer)
    text = config.text_tokenizer
    if isinstance(text, Qwen2Text):
        identity, size = qwen2_identity(), Qwen2Tokenizer.size
    else:
        opened = FileTokenizer(Path(text.path))
        identity, size = opened.identity, opened.size
    return Vocabulary(
        text_tokenizer=identity,
        text_size=size,
        unit_tokenizer=f"{config.speech_tokenizer.kind} {codebook_digest(path)[:16]}",
        units=read_codebook(path).size,
        rate_hz=grid.RATE_HZ,
    )


def engines(config: StreamsConfig) -> tuple[EngineInfo, ...]:
    """Return the identity of both tokenizers; loads nothing.

    Raises:
        BuildError: a package is not installed, or a file can't be read.
    """
    return _text_engine(config.text_tokenizer), _speech_engine(config.speech_tokenizer)


def remarks(config: StreamsConfig) -> tuple[str, ...]:
    """Return what a user of the corpus should know of its tokens."""
    if config.speech_tokenizer.codebook is not None:
        return ()
    return (
        "The embedded units are a first version: stable in noise, weak in content. A linear probe reads the right "
        "phone off 52-57 % of speech frames (stages/streams/units/MODEL_CARD.md).",
    )


def _text_engine(config: TextTokenizerConfig) -> EngineInfo:
    part = "text tokenizer"
    if isinstance(config, Qwen2Text):
        licence = weights(QWEN2_WEIGHTS).licence
        engine = _installed("tiktoken")
        return EngineInfo(part, engine, "Qwen2 BPE", licence, digest(QWEN2_WEIGHTS), (QWEN2_WEIGHTS,))
    identity = file_identity(Path(config.path))
    return EngineInfo(part, _installed("tokenizers"), Path(config.path).name, "the file's own", identity)


def _speech_engine(config: WhisperVq) -> EngineInfo:
    path = codebook_path(config)
    feature_model = read_codebook(path).format.feature_model
    return EngineInfo(
        part="speech tokenizer",
        engine=_installed("ctranslate2"),
        model=f"{path.stem} on {feature_model}",
        licence=weights(feature_model).licence,
        digest=codebook_digest(path),
        weights=(feature_model,),
    )


def _installed(distribution: str) -> str:
    try:
        return f"{distribution} {metadata.version(distribution)}"
    except metadata.PackageNotFoundError:
        raise BuildError(f"streams: {distribution} is not installed: pip install -e '.[engines]'") from None
