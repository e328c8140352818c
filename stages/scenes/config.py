"""What a person may say about scenes: timing, noise, fades."""

from typing import Literal, Self

from pydantic import Field, model_validator

from manifests.strict_model import StrictModel
from noise import NoiseConfig
from stages.scenes.laws import ConstantLaw, Law, NormalLaw


class PaperTiming(StrictModel):
    """Profile `paper`: OmniFlatten's rules (arXiv 2410.17799).

    The assistant answers at once, the user after a normally distributed pause, and an interrupted assistant stops
    at once. The paper gives neither means nor variances: the numbers below are this project's choices, each with
    its reason. For scale: Switchboard's floor transfers have mean 0.15 s and sd 0.49 s, and 4 % pass 1 s.
    """

    profile: Literal["paper"] = "paper"
    lead_s: Law = Field(
        default=NormalLaw(mean=0.5, sd=0.2, min=0.2, max=1.0),
        description="Silence before the first turn; drawn, so that the first word is not always in the same token.",
    )
    assistant_offset_s: Law = Field(
        default=ConstantLaw(value=0.0),
        description="From the user's end to the assistant's onset; negative overlaps. The paper's assistant "
        "answers at 0 s.",
    )
    user_offset_s: Law = Field(
        default=NormalLaw(mean=0.5, sd=0.25, min=0.0, max=1.5),
        description="From the assistant's end to the user's onset, where the user does not interrupt; negative "
        "overlaps. Our choice: a thinking pause; sd is half the mean, so truncation at 0 touches 2 % of the draws.",
    )
    interruption_onset: Law = Field(
        default=NormalLaw(mean=0.5, sd=0.15, min=0.25, max=0.85),
        description="Where in the assistant's speech an interrupting user starts, as a fraction of its duration. "
        "Our choice: around the middle, after enough to react to and before the end is in sight.",
    )
    reaction_s: Law = Field(
        default=ConstantLaw(value=0.0),
        description="From an interrupting user's onset to the assistant's stop. The paper's stops at once.",
    )
    tail_s: float = Field(
        default=0.8,
        ge=0.0,
        le=60.0,
        description="Silence after the last turn: two chunks of 400 ms, so that a model sees the floor left open.",
    )

    @model_validator(mode="after")
    def _in_their_domains(self) -> Self:
        for name, law, lowest, highest in (
            ("lead_s", self.lead_s, 0.0, 60.0),
            ("assistant_offset_s", self.assistant_offset_s, None, 60.0),
            ("user_offset_s", self.user_offset_s, None, 60.0),
            ("interruption_onset", self.interruption_onset, 0.0, 1.0),
            ("reaction_s", self.reaction_s, 0.0, 60.0),
        ):
            if lowest is not None and law.lowest < lowest:
                raise ValueError(f"{name}: {law} can fall below {lowest:g}; give it a min")
            if law.highest > highest and law.highest != float("inf"):
                raise ValueError(f"{name}: {law} can pass {highest:g}; give it a lower max")
        return self


class ScenesConfig(StrictModel):
    """Config of the scenes stage."""

    timing: PaperTiming = Field(default=PaperTiming(), description="When each turn starts and stops.")
    noise: NoiseConfig = Field(default=NoiseConfig(), description="What is heard behind the user.")
    cut_fade_s: float = Field(
        default=0.02, ge=0.0, le=0.2, description="Raised-cosine fade that follows the cut of an interrupted turn."
    )
    edge_s: float = Field(
        default=0.03,
        ge=0.0,
        le=0.5,
        description="Audio kept before and after a turn's measured speech bounds, faded, so that soft onsets and "
        "decays survive.",
    )
