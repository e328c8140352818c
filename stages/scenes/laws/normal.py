"""The normal law, the paper's."""

import math
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field

from stages.scenes.laws.truncated import Reals, TruncatedLaw


class NormalLaw(TruncatedLaw):
    """A normal distribution."""

    law: Literal["normal"] = "normal"
    mean: float = Field(description="Mean before truncation, in the unit of the field.")
    sd: float = Field(
        ge=0.0,
        description="Standard deviation before truncation, in the unit of the field; 0 gives the mean every time.",
    )

    @classmethod
    def fit(cls, values: Reals) -> Self:
        """Return the likeliest law: mean and standard deviation of the values."""
        return cls(mean=float(values.mean()), sd=float(values.std()))

    def draw_whole(self, rng: np.random.Generator) -> float:
        """Return a value, truncation left aside."""
        return rng.normal(self.mean, self.sd)

    def cdf_whole(self, values: npt.ArrayLike) -> Reals:
        """Return the normal cumulative distribution; a step where sd is 0."""
        from scipy.special import ndtr

        values = np.asarray(values, np.float64)
        if self.sd == 0:
            return (values >= self.mean).astype(np.float64)
        shares: Reals = ndtr((values - self.mean) / self.sd)
        return shares

    def log_density_whole(self, values: npt.ArrayLike) -> Reals:
        """Return the logarithm of the normal density; sd above 0."""
        standard = (np.asarray(values, np.float64) - self.mean) / self.sd
        densities: Reals = -(standard**2) / 2 - math.log(self.sd * math.sqrt(2 * math.pi))
        return densities

    def quantile_whole(self, shares: npt.ArrayLike) -> Reals:
        """Return the inverse of the normal cumulative distribution."""
        from scipy.special import ndtri

        if self.sd == 0:
            return np.full(np.shape(shares), self.mean)
        values: Reals = self.mean + self.sd * ndtri(shares)
        return values

    def partial_moments(self, value: float) -> tuple[float, float]:
        """Return the integrals of x f(x) and x² f(x) up to a value.

        Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions 1, chapter 13.
        """
        share = float(self.cdf_whole(value))
        if self.sd == 0:
            return self.mean * share, self.mean**2 * share
        standard = (value - self.mean) / self.sd
        density = math.exp(-(standard**2) / 2) / math.sqrt(2 * math.pi)
        first = -density
        second = share - (standard * density if math.isfinite(standard) else 0.0)
        return (
            self.mean * share + self.sd * first,
            self.mean**2 * share + 2 * self.mean * self.sd * first + self.sd**2 * second,
        )

    @property
    def parameters(self) -> tuple[float, ...]:
        """Mean and standard deviation."""
        return self.mean, self.sd

    @property
    def support(self) -> tuple[float, float]:
        """Every value; the mean alone where sd is 0."""
        return (self.mean, self.mean) if self.sd == 0 else super().support
