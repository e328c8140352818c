"""The Laplace law: a peak with exponential tails, close to people's floor transfers."""

import math
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field

from stages.scenes.laws.truncated import Reals, TruncatedLaw


class LaplaceLaw(TruncatedLaw):
    """A Laplace (double exponential) distribution."""

    law: Literal["laplace"] = "laplace"
    location: float = Field(description="Median before truncation, in the unit of the field.")
    scale: float = Field(
        gt=0.0,
        description="Mean distance from the median before truncation, in the unit of the field; the sd is √2 times it.",
    )

    @classmethod
    def fit(cls, values: Reals) -> Self:
        """Return the likeliest law: the median, and the mean distance from it."""
        location = float(np.median(values))
        return cls(location=location, scale=float(np.abs(values - location).mean()))

    def draw_whole(self, rng: np.random.Generator) -> float:
        """Return a value, truncation left aside."""
        return rng.laplace(self.location, self.scale)

    def cdf_whole(self, values: npt.ArrayLike) -> Reals:
        """Return the Laplace cumulative distribution."""
        standard = (np.asarray(values, np.float64) - self.location) / self.scale
        tail = np.exp(-np.abs(standard)) / 2
        return np.where(standard < 0, tail, 1 - tail)

    def log_density_whole(self, values: npt.ArrayLike) -> Reals:
        """Return the logarithm of the Laplace density."""
        standard = (np.asarray(values, np.float64) - self.location) / self.scale
        densities: Reals = -np.abs(standard) - math.log(2 * self.scale)
        return densities

    def quantile_whole(self, shares: npt.ArrayLike) -> Reals:
        """Return the inverse of the Laplace cumulative distribution."""
        shares = np.asarray(shares, np.float64)
        with np.errstate(divide="ignore"):
            below, above = np.log(2 * shares), -np.log(2 * (1 - shares))
        values: Reals = self.location + self.scale * np.where(shares < 0.5, below, above)
        return values

    def partial_moments(self, value: float) -> tuple[float, float]:
        """Return the integrals of x f(x) and x² f(x) up to a value, by parts."""
        standard = (value - self.location) / self.scale
        share = float(self.cdf_whole(value))
        first, second = _standard_moments(standard)
        return (
            self.location * share + self.scale * first,
            self.location**2 * share + 2 * self.location * self.scale * first + self.scale**2 * second,
        )

    @property
    def parameters(self) -> tuple[float, ...]:
        """Location and scale."""
        return self.location, self.scale


def _standard_moments(value: float) -> tuple[float, float]:
    """Return the partial moments of the Laplace law with location 0 and scale 1."""
    if math.isinf(value):
        return 0.0, 0.0 if value < 0 else 2.0
    tail = math.exp(-abs(value)) / 2
    if value < 0:
        return (value - 1) * tail, (value**2 - 2 * value + 2) * tail
    return -(value + 1) * tail, 2 - (value**2 + 2 * value + 2) * tail
