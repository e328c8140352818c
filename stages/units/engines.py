"""The one place that knows every speech tokenizer: opening one, its part of the vocabulary, its entry on the card."""

from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from manifests.errors import BuildError
from manifests.records import EngineInfo
from stages.units.base import SpeechTokenizer, Vocoder
from stages.units.bottleneck import EMBEDDED, read_format
from stages.units.codecs.checkpoint import checkpoint_digest, checkpoint_name
from stages.units.config import Encodec, Mimi, S3Tokenizer, SpeechTokenizerConfig, WhisperVq
from stages.units.onnx_file import file_digest
from stages.weights import weights


@dataclass(frozen=True)
class UnitsIdentity:
    """What a corpus says of its units.

    Attributes:
        tokenizer: name and digest; two corpora with the same one have the same units.
        size: how many units there are, of all codebooks together.
        rate_hz: units per second, of all codebooks together.
        codebooks: units to a frame of time.
    """

    tokenizer: str
    size: int
    rate_hz: float
    codebooks: int


def open_speech_tokenizer(config: SpeechTokenizerConfig) -> SpeechTokenizer:
    """Return the tokenizer, loaded.

    Raises:
        BuildError: its package or weights can't be had.
    """
    if isinstance(config, S3Tokenizer):
        from stages.units.codecs.s3 import S3Units

        return S3Units(config)
    if isinstance(config, Mimi):
        from stages.units.codecs.mimi import MimiUnits

        return MimiUnits(config)
    if isinstance(config, Encodec):
        from stages.units.codecs.encodec import EncodecUnits

        return EncodecUnits(config)
    from stages.units.whisper_vq import WhisperUnits

    return WhisperUnits(_model_path(config))


def open_vocoder(config: SpeechTokenizerConfig, threads: int = 1) -> Vocoder | None:
    """Return the vocoder that speaks the tokenizer's units in the assistant's voice; None if there is none for it.

    Raises:
        BuildError: its package or weights can't be had.
    """
    from stages.units.vocoder import JoeVocoder

    if not isinstance(config, WhisperVq):
        return None
    vocoder = JoeVocoder(threads=threads)
    return vocoder if vocoder.format.tokenizer_digest == file_digest(_model_path(config)) else None


def _model_path(config: WhisperVq) -> Path:
    return Path(config.model) if config.model else EMBEDDED


def identity(config: SpeechTokenizerConfig) -> UnitsIdentity:
    """Return the identity of the config's units; loads no model and fetches nothing.

    Raises:
        BuildError: a local file can't be read.
    """
    if isinstance(config, WhisperVq):
        path = _model_path(config)
        name, size = f"{config.kind} {file_digest(path)[:16]}", read_format(path).size
    else:
        name, size = f"{_described(config)} {checkpoint_digest(config)[:16]}", config.size
    return UnitsIdentity(name, size, config.rate_hz, config.codebooks)


def engine_info(config: SpeechTokenizerConfig) -> EngineInfo:
    """Return the tokenizer's entry on the card; loads nothing.

    Raises:
        BuildError: its package is not installed, or a local file can't be read.
    """
    part = "speech tokenizer"
    if not isinstance(config, WhisperVq):
        package = "s3tokenizer" if isinstance(config, S3Tokenizer) else "transformers"
        return EngineInfo(
            part=part,
            engine=f"{_installed(package, 'codecs')}, {_installed('torch', 'codecs')}",
            model=f"{_described(config)} of {checkpoint_name(config)}",
            licence="the checkpoint's own: see its model card",
            digest=checkpoint_digest(config),
        )
    path = _model_path(config)
    feature_model = read_format(path).feature_model
    return EngineInfo(
        part=part,
        engine=f"ctranslate2 {metadata.version('ctranslate2')}, onnxruntime {metadata.version('onnxruntime')}",
        model=f"{path.stem} on {feature_model}",
        licence=weights(feature_model).licence,
        digest=file_digest(path),
        weights=(feature_model,),
    )


def remarks(config: SpeechTokenizerConfig) -> tuple[str, ...]:
    """Return what a user of the corpus should know of its units."""
    if isinstance(config, WhisperVq):
        return () if config.model is not None else (_EMBEDDED_REMARK,)
    said = () if isinstance(config, Mimi) else (_NOT_STREAMING,)
    if config.codebooks == 1:
        return said
    flattened = (
        f"Units are of {config.codebooks} codebooks, flattened frame by frame: in every span of speech unit i is of "
        f"codebook i modulo {config.codebooks}, and unit u is code u modulo {config.size // config.codebooks} of "
        f"codebook u // {config.size // config.codebooks}."
    )
    return (flattened, *said)


_EMBEDDED_REMARK = (
    "The embedded units are a first version: stable in noise, weak in content. A linear probe reads the right "
    "phone off 52-57 % of speech frames (stages/units/MODEL_CARD.md)."
)
_NOT_STREAMING = (
    "The speech tokenizer is not streaming: it hears a whole recording, or 30 s of it with 2 s on either side of what "
    "is kept, before it says a unit. A live loop, which hears the past alone, gets other units than the corpus has."
)


def _described(config: S3Tokenizer | Mimi | Encodec) -> str:
    """Return the kind and what else, beside the weights, decides which units come out."""
    if isinstance(config, S3Tokenizer):
        return f"{config.kind} {config.variant} in windows of 30 s"
    books = "first codebook" if config.codebooks == 1 else f"{config.codebooks} codebooks"
    return f"{config.kind} {books} " + ("streamed" if isinstance(config, Mimi) else "in windows of 30 s")


def _installed(distribution: str, extra: str) -> str:
    try:
        return f"{distribution} {metadata.version(distribution)}"
    except metadata.PackageNotFoundError:
        raise BuildError(f"streams: {distribution} is not installed: pip install -e '.[{extra}]'") from None
