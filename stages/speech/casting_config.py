"""The config of casting: who speaks, how fast, and which voices the held-out splits use."""

from statistics import NormalDist
from typing import Self

from pydantic import Field, model_validator

from manifests.strict_model import StrictModel

_LEAST_SHARE_INSIDE = 0.1
"""Of a speed law's draws, between its bounds: with less, a law is not what it says, and with none no draw ends."""


class SpeedLaw(StrictModel):
    """How fast a role speaks: one draw per dialogue from a normal distribution, redrawn if outside the bounds."""

    mean: float = Field(default=1.0, ge=0.5, le=2, description="mean speed, as a multiple of the voice's own pace")
    sd: float = Field(default=0.0, ge=0, le=0.5, description="standard deviation; 0: every dialogue at the mean")
    min: float = Field(default=0.75, ge=0.5, le=2, description="slowest speed; redrawn below it")
    max: float = Field(default=1.3, ge=0.5, le=2, description="fastest speed; redrawn above it")

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
                f"only {inside:.0%} of draws with mean {self.mean:g} and sd {self.sd:g} lie between min {self.min:g} "
                f"and max {self.max:g}; at least {_LEAST_SHARE_INSIDE:.0%} must; set them further apart, or sd: 0"
            )
        return self

    @property
    def slowest(self) -> float:
        """The slowest speed that is drawn."""
        return self.mean if self.sd == 0 else self.min

    @property
    def fastest(self) -> float:
        """The fastest speed that is drawn."""
        return self.mean if self.sd == 0 else self.max

    @property
    def is_plain(self) -> bool:
        """Whether every voice keeps its own pace."""
        return self.mean == 1.0 and self.sd == 0.0


class CastingConfig(StrictModel):
    """Who speaks, how fast, and which voices the held-out splits use."""

    disjoint_splits: bool = Field(
        default=False, description="no user voice occurs in two splits; needs at least 3 user voices"
    )
    held_out_share: float = Field(
        default=0.1,
        gt=0,
        le=0.3,
        description="with disjoint_splits: share of the user voices reserved for validation, and as many for test; "
        "at least one each",
    )
    user_speed: SpeedLaw = Field(default_factory=SpeedLaw, description="the user's speaking rate")
    assistant_speed: SpeedLaw = Field(default_factory=SpeedLaw, description="the assistant's speaking rate")
