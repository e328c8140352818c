"""The config of noise."""

from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from manifests.addresses import FileAddress
from manifests.strict_model import StrictModel

Category = Literal["noise", "music", "speech"]
CATEGORIES: tuple[Category, ...] = ("noise", "music", "speech")


class SnrRange(StrictModel):
    """The range that each dialogue's signal-to-noise ratio is drawn from, uniformly."""

    min: float = Field(default=15.0, ge=-20.0, le=60.0, description="Lowest SNR in dB; 15 in the paper.")
    max: float = Field(default=30.0, ge=-20.0, le=60.0, description="Highest SNR in dB; 30 in the paper.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min > self.max:
            left_out = {"min", "max"} - self.model_fields_set
            way_out = f"set {left_out.pop()}, too, which is at its default" if left_out else "swap them"
            raise ValueError(f"min {self.min:g} dB is above max {self.max:g} dB: {way_out}")
        return self


class CategoryWeights(StrictModel):
    """How often each of MUSAN's three categories is drawn, relative to the others."""

    noise: float = Field(default=1.0, ge=0.0, description="Weight of technical and ambient sounds, including babble.")
    music: float = Field(default=0.5, ge=0.0, description="Weight of music.")
    speech: float = Field(
        default=0.2,
        ge=0.0,
        description="Weight of intelligible speech behind the user (a television, a neighbour).",
    )

    @model_validator(mode="after")
    def _some_weight(self) -> Self:
        if self.noise + self.music + self.speech <= 0:
            raise ValueError(
                "noise, music and speech all have weight 0: give one a weight, or set scenes.noise.source: none"
            )
        return self


class NoiseConfig(StrictModel):
    """Which noise is mixed into the user's channel, and how loud."""

    source: Literal["builtin", "folder", "none"] = Field(
        default="builtin",
        description="`builtin` makes a small folder of its own; `folder` reads `path`; `none` adds nothing.",
    )
    path: FileAddress | None = Field(
        default=None,
        description="MUSAN's folder, or any folder of audio; local or an fsspec URL such as s3://bucket/musan.",
    )
    categories: CategoryWeights = Field(
        default_factory=CategoryWeights,
        description="Weights of the categories; files outside noise/, music/ and speech/ count as `noise`.",
    )
    share: float = Field(default=1.0, gt=0.0, le=1.0, description="Share of the dialogues that have noise.")
    snr_db: SnrRange = Field(default_factory=SnrRange, description="Power of active speech over power of noise.")
    crossfade_s: float = Field(
        default=0.1, ge=0.0, le=2.0, description="Crossfade where a recording shorter than the scene is repeated."
    )

    @field_validator("share", mode="before")
    @classmethod
    def _some_share(cls, share: Any) -> Any:
        if share == 0:
            raise ValueError("0 means noise in no dialogue: set source: none instead")
        return share

    @model_validator(mode="after")
    def _path_goes_with_folder(self) -> Self:
        if self.source == "folder" and self.path is None:
            raise ValueError("source: folder needs a path")
        if self.source != "folder" and self.path is not None:
            raise ValueError(f"path {self.path!r} is only used with source: folder, not {self.source}")
        return self
