"""What a person may say about who speaks, how fast, and which voices the held-out splits hear."""

from statistics import NormalDist
from typing import Self

from pydantic import Field, model_validator

from manifests.strict_model import StrictModel

_LEAST_SHARE_INSIDE = 0.1
"""Of a speed law's draws, between its bounds: with less, a law is not what it says, and with none no draw ends."""


class SpeedLaw(StrictModel):
    """How fast a role speaks: one draw a dialogue from a normal law, drawn again outside its bounds."""

    mean: float = Field(default=1.0, ge=0.5, le=2, description="times the voice's own pace")
    sd: float = Field(default=0.0, ge=0, le=0.5, description="0: every dialogue at the mean")
    min: float = Field(default=0.75, ge=0.5, le=2, description="slowest; drawn again below it")
    max: float = Field(default=1.3, ge=0.5, le=2, description="fastest; drawn again above it")

    @model_validator(mode="after")
    def _bounds_leave_draws(self) -> Self:
        if not self.min <= self.mean <= self.max:
            raise ValueError(f"mean {self.mean:g} is not between min {self.min:g} and max {self.max:g}")
        if self.sd == 0:
            return self
        law = NormalDist(self.mean, self.sd)
        inside = law.cdf(self.max) - law.cdf(self.min)
        if inside < _LEAST_SHARE_INSIDE:
            raise ValueError(
                f"min {self.min:g} and max {self.max:g} leave {inside:.0%} of the draws of mean {self.mean:g}, sd "
                f"{self.sd:g}, at least {_LEAST_SHARE_INSIDE:.0%} are needed; set them further apart, or sd: 0"
            )
        return self

    @property
    def slowest(self) -> float:
        """The least that is drawn."""
        return self.mean if self.sd == 0 else self.min

    @property
    def fastest(self) -> float:
        """The most that is drawn."""
        return self.mean if self.sd == 0 else self.max

    @property
    def is_plain(self) -> bool:
        """Whether every voice keeps its own pace."""
        return self.mean == 1.0 and self.sd == 0.0


class CastingConfig(StrictModel):
    """The `speech.casting` section."""

    disjoint_splits: bool = Field(
        default=False, description="no user voice is heard in two splits; needs 3 user voices or more"
    )
    held_out_share: float = Field(
        default=0.1,
        gt=0,
        le=0.3,
        description="with disjoint_splits: share of the user voices kept for validation, and as many for test; "
        "at least one each",
    )
    user_speed: SpeedLaw = Field(default_factory=SpeedLaw, description="of the user")
    assistant_speed: SpeedLaw = Field(default_factory=SpeedLaw, description="of the assistant")
