"""The law without randomness."""

from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from manifests.strict_model import StrictModel
from stages.scenes.laws.draw import Draw
from stages.scenes.laws.truncated import Reals


class ConstantLaw(StrictModel):
    """Always the same value."""

    law: Literal["constant"] = "constant"
    value: float = Field(description="The value, in the unit of the field.")

    def draw(self, rng: np.random.Generator) -> Draw:
        """Return the value; nothing is drawn."""
        return Draw(self.value)

    def cdf(self, values: npt.ArrayLike) -> Reals:
        """Return 1 at and above the value, 0 below; shape as given."""
        return (np.asarray(values) >= self.value).astype(np.float64)

    def quantile(self, shares: npt.ArrayLike) -> Reals:
        """Return the value for every share; shape as given."""
        return np.full(np.shape(shares), self.value)

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
