"""The gamma law, for durations."""

import math
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field

from stages.scenes.laws.truncated import Reals, TruncatedLaw


class GammaLaw(TruncatedLaw):
    """A gamma distribution: of values above 0."""

    law: Literal["gamma"] = "gamma"
    shape: float = Field(gt=0.0, description="Shape, without a unit: (mean / sd)² before truncation.")
    scale: float = Field(
        gt=0.0, description="Scale, in the unit of the field: the mean before truncation is shape times scale."
    )

    @classmethod
    def fit(cls, values: Reals) -> Self:
        """Return the likeliest law of values above 0."""
        from scipy.stats import gamma

        shape, _, scale = gamma.fit(values, floc=0.0)
        return cls(shape=float(shape), scale=float(scale))

    def draw_whole(self, rng: np.random.Generator) -> float:
        """Return a value, truncation left aside."""
        return rng.gamma(self.shape, self.scale)

    def cdf_whole(self, values: npt.ArrayLike) -> Reals:
        """Return the gamma cumulative distribution."""
        from scipy.special import gammainc

        shares: Reals = gammainc(self.shape, np.maximum(values, 0.0) / self.scale)
        return shares

    def log_density_whole(self, values: npt.ArrayLike) -> Reals:
        """Return the logarithm of the gamma density at values above 0."""
        standard = np.asarray(values, np.float64) / self.scale
        logarithms: Reals = (self.shape - 1) * np.log(standard) - standard
        return logarithms - math.lgamma(self.shape) - math.log(self.scale)

    def quantile_whole(self, shares: npt.ArrayLike) -> Reals:
        """Return the inverse of the gamma cumulative distribution."""
        from scipy.special import gammaincinv

        values: Reals = self.scale * gammaincinv(self.shape, shares)
        return values

    def partial_moments(self, value: float) -> tuple[float, float]:
        """Return the integrals of x f(x) and x² f(x) up to a value: x f(x) is a gamma density of one shape more."""
        from scipy.special import gammainc

        standard = max(value, 0.0) / self.scale
        mean = self.shape * self.scale
        return (
            mean * float(gammainc(self.shape + 1, standard)),
            mean * (self.shape + 1) * self.scale * float(gammainc(self.shape + 2, standard)),
        )

    @property
    def parameters(self) -> tuple[float, ...]:
        """Shape and scale."""
        return self.shape, self.scale

    @property
    def support(self) -> tuple[float, float]:
        """Values above 0."""
        return 0.0, math.inf
