"""The config of speech units: which tokenizer makes them.

Every kind states its format before anything is loaded: `rate_hz` units a second, `codebooks` of them to a frame of
time, `chunk_units` to a chunk of 400 ms.
"""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from manifests.strict_model import StrictModel
from stages.units.grid import CHUNK_UNITS, RATE_HZ

CHUNKS_PER_S = 2.5
"""The full-duplex configs' chunk is 400 ms (OmniFlatten, arXiv 2410.17799), whatever makes the units."""


class WhisperVq(StrictModel):
    """The embedded units: Whisper tiny.en features and a trained bottleneck, 25 Hz in chunks of ten."""

    rate_hz: ClassVar[float] = RATE_HZ
    codebooks: ClassVar[int] = 1
    chunk_units: ClassVar[int] = CHUNK_UNITS

    kind: Literal["whisper-vq"] = "whisper-vq"
    model: str | None = Field(
        default=None, min_length=1, description="a bottleneck that you trained (.onnx); null: the embedded one"
    )


class Checkpoint(StrictModel):
    """Where to find the weights of a tokenizer that isn't bundled."""

    path: str | None = Field(default=None, min_length=1, description="a local copy, at the same path on every node")
    hub: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$", description="owner/name on the Hub"
    )
    revision: str | None = Field(
        default=None,
        pattern=r"^[0-9a-f]{40}$",
        description="the full 40-digit commit on the Hub: a branch could move while a corpus is built",
    )

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.path is None) == (self.hub is None):
            raise ValueError("give either path (a local copy) or hub with revision")
        if (self.hub is None) != (self.revision is None):
            raise ValueError("hub and revision go together; revision is the full 40-digit commit")
        return self


class S3Tokenizer(Checkpoint):
    """CosyVoice's supervised semantic tokens, through the package `s3tokenizer`; `path` is the .onnx file."""

    codebooks: ClassVar[int] = 1

    kind: Literal["s3tokenizer"]
    variant: Literal["v1_50hz", "v1_25hz", "v2_25hz"] = Field(
        description="CosyVoice-300M, CosyVoice-300M-25Hz or CosyVoice2: 4,096, 4,096 or 6,561 units"
    )

    @property
    def size(self) -> int:
        """The number of units: a codebook of 4,096, or eight dimensions with three levels each."""
        return 3**8 if self.variant == "v2_25hz" else 4096

    @property
    def rate_hz(self) -> float:
        """Units per second."""
        return 50 if self.variant == "v1_50hz" else 25

    @property
    def chunk_units(self) -> int:
        """Units in 400 ms."""
        return round(self.rate_hz / CHUNKS_PER_S)


class ResidualCodec(Checkpoint):
    """A codec with several codebooks, through `transformers`; `path` is the folder of a safetensors checkpoint.

    The checkpoint is checked against these values, so that a corpus's format is known before it is loaded.
    """

    codebooks: int = Field(
        default=1, ge=1, description="how many codebooks to use, from the first; flattened frame by frame"
    )

    codebook_size: int
    frame_rate_hz: float

    @model_validator(mode="after")
    def _frames_fill_the_chunk(self) -> Self:
        frames = self.frame_rate_hz / CHUNKS_PER_S
        if not frames.is_integer():
            raise ValueError(
                f"frame_rate_hz {self.frame_rate_hz:g} puts {frames:g} frames into a 400 ms chunk; it must be a whole "
                "number"
            )
        return self

    @property
    def size(self) -> int:
        """The number of units: unit u is code u % codebook_size of codebook u // codebook_size."""
        return self.codebooks * self.codebook_size

    @property
    def rate_hz(self) -> float:
        """Units per second, of all codebooks together."""
        return self.frame_rate_hz * self.codebooks

    @property
    def chunk_units(self) -> int:
        """Units in 400 ms."""
        return round(self.frame_rate_hz / CHUNKS_PER_S) * self.codebooks


class Mimi(ResidualCodec):
    """Mimi (Kyutai, arXiv 2410.00037), streaming; its first codebook is distilled from a semantic model."""

    kind: Literal["mimi"]
    codebook_size: int = Field(default=2048, ge=2, description="codes of each codebook")
    frame_rate_hz: float = Field(default=12.5, gt=0, description="frames per second")


class Encodec(ResidualCodec):
    """EnCodec (arXiv 2210.13438), mono models; the defaults are those of encodec_24khz."""

    kind: Literal["encodec"]
    codebook_size: int = Field(default=1024, ge=2, description="codes of each codebook")
    frame_rate_hz: float = Field(default=75.0, gt=0, description="frames per second; 50 for encodec_32khz")


SpeechTokenizerConfig = Annotated[WhisperVq | S3Tokenizer | Mimi | Encodec, Field(discriminator="kind")]
