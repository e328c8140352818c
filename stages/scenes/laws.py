"""Distributions that the timing model draws from.

A law is what a person writes in the config, for example ``{law: normal, mean: 0.5, sd: 0.25, min: 0.0}``; its unit
is that of the field it stands in. A further law is one more class with a `law` tag, `draw`, `moments`, `lowest`,
`highest` and `__str__`, added to `Law`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from manifests.errors import BuildError
from manifests.strict_model import StrictModel

MAX_REDRAWS = 10_000
LEAST_SHARE_KEPT = 0.01
"""A truncation that throws away more than 99 of 100 draws is taken for a slip: the law is not what it says."""


@dataclass(frozen=True)
class Draw:
    """A drawn value and how many draws outside the truncation came before it."""

    value: float
    redraws: int = 0


class ConstantLaw(StrictModel):
    """Always the same value."""

    law: Literal["constant"] = "constant"
    value: float = Field(description="The value, in the unit of the field.")

    def draw(self, generator: np.random.Generator) -> Draw:
        """Return the value; the generator is left alone."""
        return Draw(self.value)

    def moments(self) -> tuple[float, float]:
        """Return (mean, standard deviation)."""
        return self.value, 0.0

    @property
    def lowest(self) -> float:
        """The value."""
        return self.value

    @property
    def highest(self) -> float:
        """The value."""
        return self.value

    def __str__(self) -> str:
        return f"constant({self.value:g})"


class NormalLaw(StrictModel):
    """A normal distribution, cut off at `min` and `max` by drawing again."""

    law: Literal["normal"] = "normal"
    mean: float = Field(description="Mean before truncation, in the unit of the field.")
    sd: float = Field(ge=0.0, description="Standard deviation before truncation; 0 gives the mean every time.")
    min: float | None = Field(default=None, description="Draws below are drawn again; none: no lower bound.")
    max: float | None = Field(default=None, description="Draws above are drawn again; none: no upper bound.")

    @model_validator(mode="after")
    def _can_be_drawn(self) -> Self:
        low, high = self._bounds()
        if low > high:
            raise ValueError(f"{self}: min {low:g} is above max {high:g}")
        share = _normal_share(self.mean, self.sd, low, high)
        if share < LEAST_SHARE_KEPT:
            raise ValueError(
                f"{self}: its truncation is impossible, only {share:.2%} of the draws fall inside; widen min and "
                "max or move the mean"
            )
        return self

    def draw(self, generator: np.random.Generator) -> Draw:
        """Return a value within the bounds.

        Raises:
            BuildError: the bounds were missed `MAX_REDRAWS` times.
        """
        low, high = self._bounds()
        return draw_within(lambda: float(generator.normal(self.mean, self.sd)), low, high, str(self))

    def moments(self) -> tuple[float, float]:
        """Return (mean, standard deviation) of the truncated law.

        Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions 1, chapter 13.
        """
        if self.sd == 0:
            return self.mean, 0.0
        low, high = ((bound - self.mean) / self.sd for bound in self._bounds())
        share = _normal_share(0.0, 1.0, low, high)
        at_low, at_high = _normal_density(low), _normal_density(high)
        shift = (at_low - at_high) / share
        low_term = low * at_low if math.isfinite(low) else 0.0
        high_term = high * at_high if math.isfinite(high) else 0.0
        variance = 1 + (low_term - high_term) / share - shift**2
        return self.mean + self.sd * shift, self.sd * math.sqrt(variance)

    @property
    def lowest(self) -> float:
        """The least value that can be drawn."""
        return self.mean if self.sd == 0 else self._bounds()[0]

    @property
    def highest(self) -> float:
        """The greatest value that can be drawn."""
        return self.mean if self.sd == 0 else self._bounds()[1]

    def __str__(self) -> str:
        low, high = self._bounds()
        within = "" if (low, high) == (-math.inf, math.inf) else f" in [{low:g}, {high:g}]"
        return f"normal({self.mean:g}, {self.sd:g}){within}"

    def _bounds(self) -> tuple[float, float]:
        low = -math.inf if self.min is None else self.min
        return low, math.inf if self.max is None else self.max


Law = Annotated[ConstantLaw | NormalLaw, Field(discriminator="law")]


def draw_within(draw: Callable[[], float], low: float, high: float, name: str) -> Draw:
    """Draw until a value falls into [low, high], and count the draws that did not.

    Args:
        draw: gives one value of the law without truncation.
        low: least value kept.
        high: greatest value kept.
        name: of the law, for the error.

    Raises:
        BuildError: `MAX_REDRAWS` draws fell outside.
    """
    for redraws in range(MAX_REDRAWS):
        value = draw()
        if low <= value <= high:
            return Draw(value, redraws)
    raise BuildError(
        f"timing law {name}: {MAX_REDRAWS} draws in a row fell outside [{low:g}, {high:g}]; widen min and max"
    )


def _normal_share(mean: float, sd: float, low: float, high: float) -> float:
    """Return the probability that a normal draw falls into [low, high]."""
    if sd == 0:
        return 1.0 if low <= mean <= high else 0.0
    return 0.5 * (math.erf((high - mean) / (sd * math.sqrt(2))) - math.erf((low - mean) / (sd * math.sqrt(2))))


def _normal_density(value: float) -> float:
    """Return the standard normal's density; 0 at either infinity."""
    return math.exp(-(value**2) / 2) / math.sqrt(2 * math.pi)
