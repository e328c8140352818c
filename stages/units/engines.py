"""The one place that knows every speech tokenizer: how to open it, its share of the vocabulary, its card entry."""

from dataclasses import dataclass
from pathlib import Path

from manifests.digests import file_sha256
from manifests.errors import BuildError
from manifests.extras import installed_version
from manifests.local_paths import expanded
from manifests.records import EngineInfo
from stages.units.base import SpeechTokenizer, Vocoder
from stages.units.bottleneck import EMBEDDED, FEATURE_MODEL, read_format
from stages.units.codecs.checkpoint import checkpoint_digest, checkpoint_name
from stages.units.config import Encodec, Mimi, S3Tokenizer, SpeechTokenizerConfig, WhisperVq
from stages.units.embedded import check_embedded
from stages.weights import weights


@dataclass(frozen=True)
class UnitsIdentity:
    """What a corpus states about its units.

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
        BuildError: its package or weights are not available, or not what the config says; or the embedded file is
            damaged.
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
    """Return the vocoder that speaks the tokenizer's units in the assistant's voice; None if there isn't one.

    Raises:
        BuildError: as `has_vocoder`; its package or weights are not available.
    """
    from stages.units.vocoder import JoeVocoder

    return JoeVocoder(threads=threads) if has_vocoder(config) else None


def vocoder_weights(config: SpeechTokenizerConfig) -> tuple[str, ...]:
    """Return the names of the weights that `open_vocoder` needs; empty if there is no vocoder.

    Raises:
        BuildError: as `has_vocoder`.
    """
    from stages.units.vocoder import VOICE_WEIGHTS

    return (VOICE_WEIGHTS,) if has_vocoder(config) else ()


def has_vocoder(config: SpeechTokenizerConfig) -> bool:
    """Tell whether a vocoder was trained on the tokenizer's units; fetches nothing.

    Raises:
        BuildError: a local file can't be read; an embedded file is damaged.
    """
    from stages.units import vocoder

    if not isinstance(config, WhisperVq):
        return False
    if config.model is None:
        check_embedded(EMBEDDED)
        check_embedded(vocoder.EMBEDDED)
        return True
    return file_sha256(_model_path(config)) == vocoder.read_format().tokenizer_digest


def _model_path(config: WhisperVq) -> Path:
    """Return the bottleneck's file.

    Raises:
        BuildError: there is none.
    """
    if config.model is None:
        return EMBEDDED
    path = expanded(config.model, "streams.speech_tokenizer.model")
    if not path.is_file():
        raise BuildError(
            f"streams.speech_tokenizer.model {config.model!r}: no such file; name a bottleneck's .onnx file, or "
            "remove the key to use the embedded one"
        )
    return path


def identity(config: SpeechTokenizerConfig) -> UnitsIdentity:
    """Return the identity of the config's units; loads no model and fetches nothing.

    Raises:
        BuildError: a local file can't be read.
    """
    if isinstance(config, WhisperVq):
        path = _model_path(config)
        name, size = f"{config.kind} {file_sha256(path)[:16]}", read_format(path).size
    else:
        name, size = f"{_described(config)} {checkpoint_digest(config)[:16]}", config.size
    return UnitsIdentity(name, size, config.rate_hz, config.codebooks)


def engine_info(config: SpeechTokenizerConfig) -> EngineInfo:
    """Return the tokenizer's entry in the card; loads nothing.

    Raises:
        BuildError: its package is not installed, or a local file can't be read.
    """
    part = "speech tokenizer"
    if not isinstance(config, WhisperVq):
        package = "s3tokenizer" if isinstance(config, S3Tokenizer) else "transformers"
        return EngineInfo(
            part=part,
            engine=f"{installed_version(package, 'codecs')}, {installed_version('torch', 'codecs')}",
            model=f"{_described(config)} of {checkpoint_name(config)}",
            licence="the checkpoint's own: see its model card",
            digest=checkpoint_digest(config),
        )
    path = _model_path(config)
    feature_model = read_format(path).feature_model
    return EngineInfo(
        part=part,
        engine=f"{installed_version('ctranslate2')}, {installed_version('onnxruntime')}",
        model=f"{path.stem} on {feature_model}",
        licence=weights(feature_model).licence,
        digest=file_sha256(path),
        weights=(feature_model,),
    )


def warnings(config: SpeechTokenizerConfig, language: str) -> tuple[str, ...]:
    """Return what to know about the units before building a corpus in a language (ISO 639-1)."""
    if not isinstance(config, WhisperVq) or language == "en":
        return ()
    return (
        f"whisper-vq units are made with {FEATURE_MODEL}, which was trained on English only; this corpus is in "
        f"{language!r}, and what its units preserve of that was not measured. For other languages, set "
        "streams.speech_tokenizer, for example to kind s3tokenizer.",
    )


def remarks(config: SpeechTokenizerConfig, language: str) -> tuple[str, ...]:
    """Return what a user of the corpus should know about its units, warnings first."""
    if isinstance(config, WhisperVq):
        said = warnings(config, language)
        return said if config.model is not None else (*said, _EMBEDDED_REMARK)
    said = () if isinstance(config, Mimi) else (_NOT_STREAMING,)
    if config.codebooks == 1:
        return said
    flattened = (
        f"Units come from {config.codebooks} codebooks, flattened frame by frame: in every span of speech, the unit at "
        f"place i is of codebook i modulo {config.codebooks}; unit u is code u modulo "
        f"{config.size // config.codebooks} of codebook u // {config.size // config.codebooks}."
    )
    return (flattened, *said)


_EMBEDDED_REMARK = (
    "The units are the project's own: English phones, learned from synthetic speech, with one unit for silence. What "
    "they preserve and lose of speech was measured: see stages/units/whisper_vq.md in the project's repository, and "
    "stages/units/joe_prior.md for the voice that speaks them."
)
_NOT_STREAMING = (
    "The speech tokenizer does not stream: it hears a whole recording, or 30 s of it with 2 s on either side of what "
    "is kept, before it outputs a unit. A live loop, which hears only the past, gets different units from the corpus's."
)


def _described(config: S3Tokenizer | Mimi | Encodec) -> str:
    """Return the kind and what else, beside the weights, decides which units come out."""
    if isinstance(config, S3Tokenizer):
        return f"{config.kind} {config.variant} in windows of 30 s"
    books = "first codebook" if config.codebooks == 1 else f"{config.codebooks} codebooks"
    return f"{config.kind} {books} " + ("streamed" if isinstance(config, Mimi) else "in windows of 30 s")
