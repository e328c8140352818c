"""The lognormal law, for durations with a long right tail, such as pauses."""

import math
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field

from stages.scenes.laws.truncated import Reals, TruncatedLaw


class LognormalLaw(TruncatedLaw):
    """A lognormal distribution: of values above 0, whose logarithm is normal."""

    law: Literal["lognormal"] = "lognormal"
    mu: float = Field(
        description="Mean of the value's natural logarithm before truncation: e^mu is the median, in the unit of the "
        "field."
    )
    sigma: float = Field(gt=0.0, description="Standard deviation of the value's natural logarithm before truncation.")

    @classmethod
    def fit(cls, values: Reals) -> Self:
        """Return the likeliest law of values above 0: mean and standard deviation of their logarithms."""
        logarithms = np.log(values)
        return cls(mu=float(logarithms.mean()), sigma=float(logarithms.std()))

    def draw_whole(self, rng: np.random.Generator) -> float:
        """Return a value, truncation left aside."""
        return rng.lognormal(self.mu, self.sigma)

    def cdf_whole(self, values: npt.ArrayLike) -> Reals:
        """Return the lognormal cumulative distribution."""
        from scipy.special import ndtr

        shares: Reals = ndtr(self._standard(values))
        return shares

    def log_density_whole(self, values: npt.ArrayLike) -> Reals:
        """Return the logarithm of the lognormal density at values above 0."""
        densities: Reals = (
            -(self._standard(values) ** 2) / 2 - np.log(values) - math.log(self.sigma * math.sqrt(2 * math.pi))
        )
        return densities

    def quantile_whole(self, shares: npt.ArrayLike) -> Reals:
        """Return the inverse of the lognormal cumulative distribution."""
        from scipy.special import ndtri

        values: Reals = np.exp(self.mu + self.sigma * ndtri(shares))
        return values

    def partial_moments(self, value: float) -> tuple[float, float]:
        """Return the integrals of x f(x) and x² f(x) up to a value.

        xᵏ f(x) is, up to its whole integral, the same law with mu + k sigma²: Johnson, Kotz and Balakrishnan,
        Continuous Univariate Distributions 1, chapter 14.
        """
        from scipy.special import ndtr

        standard = float(self._standard(value))
        first, second = (
            math.exp(order * self.mu + (order * self.sigma) ** 2 / 2) * float(ndtr(standard - order * self.sigma))
            for order in (1, 2)
        )
        return first, second

    @property
    def parameters(self) -> tuple[float, ...]:
        """Mean and standard deviation of the logarithm."""
        return self.mu, self.sigma

    @property
    def support(self) -> tuple[float, float]:
        """Values above 0."""
        return 0.0, math.inf

    def _standard(self, values: npt.ArrayLike) -> Reals:
        """Return the values on the scale of the standard normal law; minus infinity at 0 and below."""
        with np.errstate(divide="ignore"):
            standard: Reals = (np.log(np.maximum(values, 0.0)) - self.mu) / self.sigma
        return standard
