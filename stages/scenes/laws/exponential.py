"""The exponential law: waiting for something that may come at any moment."""

import math
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field

from stages.scenes.laws.truncated import Reals, TruncatedLaw


class ExponentialLaw(TruncatedLaw):
    """An exponential distribution: of values above 0, smaller ones being likelier."""

    law: Literal["exponential"] = "exponential"
    mean: float = Field(gt=0.0, description="Mean, and sd, before truncation, in the unit of the field.")

    @classmethod
    def fit(cls, values: Reals) -> Self:
        """Return the likeliest law of values above 0: their mean."""
        return cls(mean=float(values.mean()))

    def draw_whole(self, rng: np.random.Generator) -> float:
        """Return a value, truncation left aside."""
        return rng.exponential(self.mean)

    def cdf_whole(self, values: npt.ArrayLike) -> Reals:
        """Return the exponential cumulative distribution."""
        shares: Reals = -np.expm1(-np.maximum(values, 0.0) / self.mean)
        return shares

    def log_density_whole(self, values: npt.ArrayLike) -> Reals:
        """Return the logarithm of the exponential density at values above 0."""
        densities: Reals = -np.asarray(values, np.float64) / self.mean - math.log(self.mean)
        return densities

    def quantile_whole(self, shares: npt.ArrayLike) -> Reals:
        """Return the inverse of the exponential cumulative distribution."""
        with np.errstate(divide="ignore"):
            values: Reals = -self.mean * np.log1p(-np.asarray(shares, np.float64))
        return values

    def partial_moments(self, value: float) -> tuple[float, float]:
        """Return the integrals of x f(x) and x² f(x) up to a value, by parts."""
        if value == math.inf:
            return self.mean, 2 * self.mean**2
        standard = max(value, 0.0) / self.mean
        tail = math.exp(-standard)
        return (
            self.mean * (1 - (standard + 1) * tail),
            self.mean**2 * (2 - (standard**2 + 2 * standard + 2) * tail),
        )

    @property
    def parameters(self) -> tuple[float, ...]:
        """The mean."""
        return (self.mean,)

    @property
    def support(self) -> tuple[float, float]:
        """Values above 0."""
        return 0.0, math.inf
