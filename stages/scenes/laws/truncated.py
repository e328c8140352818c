"""What all laws except the constant share: truncation, and its effect on moments, cdf and quantiles."""

import math
from abc import abstractmethod
from typing import Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from manifests.errors import BuildError
from manifests.strict_model import StrictModel
from stages.scenes.laws.draw import LEAST_SHARE_KEPT, MAX_REDRAWS, Draw

Reals = npt.NDArray[np.float64]


class TruncatedLaw(StrictModel):
    """A distribution truncated at `min` and `max` by redrawing.

    A law says how it is fitted and drawn, its cumulative distribution, the inverse of that, its density and its partial
    moments, all without truncation; `str` gives its name and parameters.
    """

    law: str
    min: float | None = Field(default=None, description="Draws below are redrawn; null: no lower bound.")
    max: float | None = Field(default=None, description="Draws above are redrawn; null: no upper bound.")

    @classmethod
    @abstractmethod
    def fit(cls, values: Reals) -> Self:
        """Return the law that the values make likeliest, without truncation.

        Args:
            values: shape (n,), within the law's support, not all equal.
        """

    @abstractmethod
    def draw_whole(self, rng: np.random.Generator) -> float:
        """Return a value, truncation left aside."""

    @abstractmethod
    def cdf_whole(self, values: npt.ArrayLike) -> Reals:
        """Return the probability of a value at or below each, truncation left aside; shape as given."""

    @abstractmethod
    def log_density_whole(self, values: npt.ArrayLike) -> Reals:
        """Return the natural logarithm of the density at each value, truncation left aside; shape as given."""

    @abstractmethod
    def quantile_whole(self, shares: npt.ArrayLike) -> Reals:
        """Return the value that each share of the draws stays at or below, truncation left aside; shape as given."""

    @abstractmethod
    def partial_moments(self, value: float) -> tuple[float, float]:
        """Return the integrals of x f(x) and x² f(x) up to a value, which may be infinite; f is the density."""

    @property
    @abstractmethod
    def parameters(self) -> tuple[float, ...]:
        """The law's parameters, as its name shows them."""

    @property
    def support(self) -> tuple[float, float]:
        """The least and greatest value without truncation."""
        return -math.inf, math.inf

    @model_validator(mode="after")
    def _can_be_drawn(self) -> Self:
        low, high = self._bounds
        if low > high:
            raise ValueError(f"{self}: min {low:g} is above max {high:g}")
        if self.min is None and self.max is None:
            return self
        _, share = self._kept
        if share < LEAST_SHARE_KEPT:
            raise ValueError(
                f"{self}: its truncation is impossible, only {share:.2%} of the draws fall inside; widen min and "
                "max or shift the law"
            )
        return self

    def draw(self, rng: np.random.Generator) -> Draw:
        """Return a value within the bounds, and how many outside were discarded before it.

        Raises:
            BuildError: `MAX_REDRAWS` draws fell outside the bounds.
        """
        low, high = self._bounds
        for redraws in range(MAX_REDRAWS):
            value = self.draw_whole(rng)
            if low <= value <= high:
                return Draw(value, redraws)
        raise BuildError(f"timing law {self}: {MAX_REDRAWS} draws in a row fell outside; widen min and max")

    def cdf(self, values: npt.ArrayLike) -> Reals:
        """Return the probability of a draw at or below each value; shape as given."""
        below, share = self._kept
        inside = np.minimum(np.asarray(values, np.float64), self._bounds[1])
        shares: Reals = np.clip((self.cdf_whole(inside) - below) / share, 0.0, 1.0)
        return shares

    def quantile(self, shares: npt.ArrayLike) -> Reals:
        """Return the value that each share of the draws (0 to 1) stays at or below; shape as given."""
        below, share = self._kept
        whole = self.quantile_whole(below + share * np.asarray(shares, np.float64))
        values: Reals = np.clip(whole, self.lowest, self.highest)
        return values

    def moments(self) -> tuple[float, float]:
        """Return (mean, standard deviation) of the truncated law."""
        below, high = self._just_below, self._bounds[1]
        (first_low, second_low), (first_high, second_high) = self.partial_moments(below), self.partial_moments(high)
        _, share = self._kept
        mean = (first_high - first_low) / share
        return mean, math.sqrt(max((second_high - second_low) / share - mean**2, 0.0))

    @property
    def lowest(self) -> float:
        """The least value that can be drawn."""
        return max(self._bounds[0], self.support[0])

    @property
    def highest(self) -> float:
        """The greatest value that can be drawn."""
        return min(self._bounds[1], self.support[1])

    def __str__(self) -> str:
        within = "" if self.min is None and self.max is None else f" in [{self.lowest:g}, {self.highest:g}]"
        return f"{self.law}({', '.join(f'{value:g}' for value in self.parameters)}){within}"

    @property
    def _bounds(self) -> tuple[float, float]:
        return -math.inf if self.min is None else self.min, math.inf if self.max is None else self.max

    @property
    def _just_below(self) -> float:
        """The greatest value below the bounds: one at the lower bound itself is within."""
        return float(np.nextafter(self._bounds[0], -math.inf))

    @property
    def _kept(self) -> tuple[float, float]:
        """The probability of a value below the bounds, and of one within them."""
        below = float(self.cdf_whole(self._just_below))
        return below, float(self.cdf_whole(self._bounds[1])) - below
