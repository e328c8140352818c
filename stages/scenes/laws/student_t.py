"""Student's t law: tails heavier than the normal law's, by an adjustable amount."""

import math
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field

from stages.scenes.laws.truncated import Reals, TruncatedLaw

LEAST_DF = 2.01
"""Of a law fitted without truncation: nearer to 2 its sd says nothing."""
MOST_FITTED = 20_000


class StudentTLaw(TruncatedLaw):
    """Student's t distribution, shifted and scaled."""

    law: Literal["student_t"] = "student_t"
    df: float = Field(
        gt=2.0, description="Degrees of freedom, without a unit; at 2 and below the sd would be infinite."
    )
    location: float = Field(description="Median before truncation, in the unit of the field.")
    scale: float = Field(
        gt=0.0,
        description="What the standard t is scaled by, in the unit of the field; the sd before truncation is "
        "√(df / (df - 2)) times it.",
    )

    @classmethod
    def fit(cls, values: Reals) -> Self:
        """Return the likeliest law, by Nelder and Mead's search; from many values, of evenly spaced quantiles."""
        from scipy.optimize import minimize

        if len(values) > MOST_FITTED:
            values = np.sort(values)[((np.arange(MOST_FITTED) + 0.5) / MOST_FITTED * len(values)).astype(np.int64)]
        location = float(np.median(values))
        spread = float(np.abs(values - location).mean())

        def law(parameters: Reals) -> tuple[float, float, float]:
            free, moved, stretched = (float(parameter) for parameter in parameters)
            scale = spread * math.exp(
                max(stretched, -20.0)
            )  # where most values are the same, likelihood grows without end
            return LEAST_DF + math.exp(min(free, 5.0)), location + spread * moved, scale

        def unlikelihood(parameters: Reals) -> float:
            return -float(_log_density(values, *law(parameters)).sum())

        df, moved, stretched = law(minimize(unlikelihood, np.zeros(3), method="Nelder-Mead").x)
        return cls(df=df, location=moved, scale=stretched)

    def draw_whole(self, rng: np.random.Generator) -> float:
        """Return a value, truncation left aside."""
        return self.location + self.scale * rng.standard_t(self.df)

    def cdf_whole(self, values: npt.ArrayLike) -> Reals:
        """Return Student's cumulative distribution."""
        from scipy.special import stdtr

        shares: Reals = stdtr(self.df, (np.asarray(values, np.float64) - self.location) / self.scale)
        return shares

    def log_density_whole(self, values: npt.ArrayLike) -> Reals:
        """Return the logarithm of Student's density."""
        return _log_density(np.asarray(values, np.float64), self.df, self.location, self.scale)

    def quantile_whole(self, shares: npt.ArrayLike) -> Reals:
        """Return the inverse of Student's cumulative distribution."""
        from scipy.special import stdtrit

        values: Reals = self.location + self.scale * stdtrit(self.df, shares)
        return values

    def partial_moments(self, value: float) -> tuple[float, float]:
        """Return the integrals of x f(x) and x² f(x) up to a value.

        (1 + t²/df) f(t) is, up to a factor, the density with two degrees of freedom less: Johnson, Kotz and
        Balakrishnan, Continuous Univariate Distributions 2, chapter 28.
        """
        from scipy.special import stdtr

        standard = (value - self.location) / self.scale
        share = float(self.cdf_whole(value))
        first, second = 0.0, self.df / (self.df - 2) if standard > 0 else 0.0
        if math.isfinite(standard):
            widened = 1 + standard**2 / self.df
            density = math.exp(
                math.lgamma((self.df + 1) / 2) - math.lgamma(self.df / 2) - (self.df + 1) / 2 * math.log(widened)
            ) / math.sqrt(self.df * math.pi)
            first = -self.df / (self.df - 1) * widened * density
            fewer = float(stdtr(self.df - 2, standard * math.sqrt((self.df - 2) / self.df)))
            second = self.df * ((self.df - 1) / (self.df - 2) * fewer - share)
        return (
            self.location * share + self.scale * first,
            self.location**2 * share + 2 * self.location * self.scale * first + self.scale**2 * second,
        )

    @property
    def parameters(self) -> tuple[float, ...]:
        """Degrees of freedom, location and scale."""
        return self.df, self.location, self.scale


def _log_density(values: Reals, df: float, location: float, scale: float) -> Reals:
    standard = (values - location) / scale
    at_location = math.lgamma((df + 1) / 2) - math.lgamma(df / 2) - math.log(df * math.pi) / 2 - math.log(scale)
    densities: Reals = at_location - (df + 1) / 2 * np.log1p(standard**2 / df)
    return densities
