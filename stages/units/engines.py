"""The one place that knows every speech tokenizer: opening one, its part of the vocabulary, its entry on the card."""

from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from manifests.errors import BuildError
from manifests.records import EngineInfo
from stages.units import grid
from stages.units.base import SpeechTokenizer
from stages.units.codebook import EMBEDDED, codebook_digest, read_codebook
from stages.units.config import WhisperVq
from stages.weights import weights


@dataclass(frozen=True)
class UnitsIdentity:
    """What a corpus says of its units.

    Attributes:
        tokenizer: name and digest; two corpora with the same one have the same units.
        size: how many units there are.
        rate_hz: units per second.
    """

    tokenizer: str
    size: int
    rate_hz: int


def open_speech_tokenizer(config: WhisperVq) -> SpeechTokenizer:
    """Return the tokenizer, loaded.

    Raises:
        BuildError: its package, weights or codebook can't be had.
    """
    from stages.units.whisper_units import WhisperUnits

    return WhisperUnits(read_codebook(codebook_path(config)))


def codebook_path(config: WhisperVq) -> Path:
    """Return the file of the codebook."""
    return Path(config.codebook) if config.codebook else EMBEDDED


def identity(config: WhisperVq) -> UnitsIdentity:
    """Return the identity of the config's units; loads no model.

    Raises:
        BuildError: the codebook can't be read.
    """
    path = codebook_path(config)
    return UnitsIdentity(f"{config.kind} {codebook_digest(path)[:16]}", read_codebook(path).size, grid.RATE_HZ)


def engine_info(config: WhisperVq) -> EngineInfo:
    """Return the tokenizer's entry on the card; loads nothing.

    Raises:
        BuildError: its package is not installed, or the codebook can't be read.
    """
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


def remarks(config: WhisperVq) -> tuple[str, ...]:
    """Return what a user of the corpus should know of its units."""
    if config.codebook is not None:
        return ()
    return (
        "The embedded units are a first version: stable in noise, weak in content. A linear probe reads the right "
        "phone off 52-57 % of speech frames (stages/units/MODEL_CARD.md).",
    )


def _installed(distribution: str) -> str:
    try:
        return f"{distribution} {metadata.version(distribution)}"
    except metadata.PackageNotFoundError:
        raise BuildError(f"streams: {distribution} is not installed: pip install -e '.[engines]'") from None
