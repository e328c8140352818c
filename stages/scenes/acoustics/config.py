"""The config of the acoustics around the user."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from manifests.addresses import FileAddress
from manifests.strict_model import StrictModel
from stages.scenes.acoustics.codecs import CODECS, CodecName
from stages.scenes.acoustics.shoebox import least_rt60_s


class Range(StrictModel):
    """The range that each dialogue's value is drawn from, uniformly."""

    min: float = Field(description="Lowest value, in the unit of the field.")
    max: float = Field(description="Highest value, in the unit of the field.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"min {self.min:g} is above max {self.max:g}: swap them")
        return self


def _within(lowest: float, highest: float) -> AfterValidator:
    def check(value: Range) -> Range:
        if value.min < lowest or value.max > highest:
            raise ValueError(f"{value.min:g} to {value.max:g} is not within {lowest:g} to {highest:g}")
        return value

    return AfterValidator(check)


_SHARE = "Share of the dialogues that have it; 0 switches it off."


class RoomConfig(StrictModel):
    """The room between the user's mouth and the microphone, as an impulse response.

    `shoebox` simulates an empty room with four walls by the image-source method (Allen & Berkley 1979); `folder` takes
    recorded responses. Either way, speech keeps its onsets and its level.
    """

    share: float = Field(default=0.0, ge=0.0, le=1.0, description=_SHARE)
    source: Literal["shoebox", "folder"] = Field(
        default="shoebox", description="`shoebox` simulates rooms; `folder` reads recorded responses from `path`."
    )
    path: FileAddress | None = Field(
        default=None, description="Folder of impulse responses (RIRs), local or a URL; only the first channel is used."
    )
    length_m: Annotated[Range, _within(1.5, 30.0)] = Field(
        default=Range(min=3.0, max=7.0), description="Length of a simulated room."
    )
    width_m: Annotated[Range, _within(1.5, 30.0)] = Field(
        default=Range(min=2.5, max=5.0), description="Width of a simulated room."
    )
    height_m: Annotated[Range, _within(1.8, 10.0)] = Field(
        default=Range(min=2.4, max=3.2), description="Height of a simulated room."
    )
    rt60_s: Annotated[Range, _within(0.05, 1.5)] = Field(
        default=Range(min=0.15, max=0.5),
        description="Reverberation time of a simulated room: from a furnished bedroom to a bare living room.",
    )
    distance_m: Annotated[Range, _within(0.05, 5.0)] = Field(
        default=Range(min=0.2, max=1.5),
        description="From mouth to microphone in a simulated room: from held in the hand to lying on the table.",
    )

    @model_validator(mode="after")
    def _can_be_built(self) -> Self:
        if self.source == "folder" and self.path is None:
            raise ValueError("source: folder needs a path")
        if self.source != "folder" and self.path is not None:
            raise ValueError(f"path {self.path!r} is only used with source: folder, not {self.source}")
        largest = self.length_m.max, self.width_m.max, self.height_m.max
        least = least_rt60_s(largest)
        if self.rt60_s.min < least:
            size = " x ".join(f"{side:g}" for side in largest)
            raise ValueError(
                f"rt60_s.min {self.rt60_s.min:g} is too short for the largest room, {size} m, whose walls would have "
                f"to absorb more than all sound: set at least {least:.2g}, or smaller rooms"
            )
        return self


class EchoConfig(StrictModel):
    """The assistant's voice, from the user's loudspeaker back into the user's microphone.

    The ranges are those of Moshi's training (Défossez et al., arXiv 2410.00037).
    """

    share: float = Field(default=0.0, ge=0.0, le=1.0, description=_SHARE)
    delay_s: Annotated[Range, _within(0.0, 2.0)] = Field(
        default=Range(min=0.1, max=0.5), description="From the assistant's channel to its echo in the user's."
    )
    gain: Annotated[Range, _within(0.0, 1.0)] = Field(
        default=Range(min=0.0, max=0.2), description="Amplitude of the echo relative to the assistant's."
    )


class GainConfig(StrictModel):
    """The microphone's gain, applied to everything it picks up."""

    share: float = Field(default=0.0, ge=0.0, le=1.0, description=_SHARE)
    db: Annotated[Range, _within(-60.0, 40.0)] = Field(
        default=Range(min=-15.0, max=6.0),
        description="Gain in dB. A channel that would clip is turned down again, and noted.",
    )


class Band(StrictModel):
    """The frequencies that a line passes."""

    low: float = Field(default=300.0, ge=20.0, le=1000.0, description="Lower edge (-6 dB) in Hz.")
    high: float = Field(default=3400.0, ge=1500.0, le=3900.0, description="Upper edge (-6 dB) in Hz.")


class LineConfig(StrictModel):
    """The line that carries the user's voice to the assistant: a telephone band and a codec."""

    share: float = Field(default=0.0, ge=0.0, le=1.0, description=_SHARE)
    band_hz: Band = Field(default=Band(), description="Band of a telephone line; the wideband codec `opus` has none.")
    codecs: dict[CodecName, float] = Field(
        default={"mulaw": 1.0, "alaw": 1.0},
        description=f"Weights of the codecs, of {', '.join(CODECS)}; `none` is the band alone.",
    )

    @model_validator(mode="after")
    def _some_weight(self) -> Self:
        for name, weight in self.codecs.items():
            if weight < 0:
                raise ValueError(f"codecs.{name}: {weight:g} is below 0")
        if sum(self.codecs.values()) <= 0:
            raise ValueError("codecs: all have weight 0: give one a weight, or set share: 0")
        return self


class AcousticsConfig(StrictModel):
    """What is between the user's mouth and the assistant's ear, besides noise; each is off unless given a share."""

    room: RoomConfig = Field(default=RoomConfig(), description="Reverberation of the user's voice.")
    echo: EchoConfig = Field(default=EchoConfig(), description="The assistant heard in the user's channel.")
    gain: GainConfig = Field(default=GainConfig(), description="The microphone's gain.")
    line: LineConfig = Field(default=LineConfig(), description="Telephone band and codec.")
