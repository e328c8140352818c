"""The config of scenes: timing, noise, acoustics, fades."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from manifests.strict_model import StrictModel
from noise import NoiseConfig
from stages.scenes.acoustics import AcousticsConfig
from stages.scenes.phrases import BackchannelPhrases
from stages.scenes.profile import TimingProfile, load_profile, resolve_timing


class ScenesConfig(StrictModel):
    """Config of the scenes stage."""

    timing: Annotated[TimingProfile, BeforeValidator(resolve_timing)] = Field(
        default_factory=lambda: load_profile("paper"),
        description="When each turn starts and stops: {profile: NAME or FILE} and the keys that differ from it; "
        "without a profile, all of its keys are required.",
    )
    backchannel_phrases: BackchannelPhrases = Field(
        default=BackchannelPhrases(), description="What a listener says if the script marks nothing, by language."
    )
    noise: NoiseConfig = Field(default=NoiseConfig(), description="What is heard behind the user.")
    acoustics: AcousticsConfig = Field(
        default=AcousticsConfig(), description="What else is between the user's mouth and the assistant's ear."
    )
    cut_fade_s: float = Field(
        default=0.02, ge=0.0, le=0.2, description="Raised-cosine fade after the cut of an interrupted turn."
    )
    edge_s: float = Field(
        default=0.03,
        ge=0.0,
        le=0.5,
        description="Audio kept before and after a turn's measured speech bounds, faded, to preserve soft onsets and "
        "decays.",
    )
