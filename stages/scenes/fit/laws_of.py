"""Every law fitted to measured values, and how near each comes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
from pydantic import ValidationError

from stages.scenes.audit.goodness import ks_distance, wasserstein_distance
from stages.scenes.fit.likelihood import likeliest_within
from stages.scenes.laws import (
    ConstantLaw,
    EmpiricalLaw,
    ExponentialLaw,
    GammaLaw,
    LaplaceLaw,
    LognormalLaw,
    NormalLaw,
    Reals,
    StudentTLaw,
    TruncatedLaw,
)

FITTED: tuple[type[TruncatedLaw], ...] = (
    NormalLaw,
    LaplaceLaw,
    StudentTLaw,
    GammaLaw,
    LognormalLaw,
    ExponentialLaw,
    EmpiricalLaw,
)
ABOVE_0 = (GammaLaw, LognormalLaw, ExponentialLaw)
"""Laws of values above 0 alone."""
FEWEST_VALUES = 20
"""Below, a law says more about chance than about people."""
SAME = 0.001
"""Values that differ by less (a millisecond) are a constant."""
_DIGITS = 4


@dataclass(frozen=True)
class LawFit:
    """A law fitted to values.

    Attributes:
        ks: Kolmogorov-Smirnov distance of the values to the law as it is written, 0 to 1.
        w1: Wasserstein distance, in the values' unit.
    """

    law: ConstantLaw | TruncatedLaw
    ks: float
    w1: float


def law_names() -> tuple[str, ...]:
    """Return the names of the laws that can be fitted."""
    return tuple(str(get_args(law.model_fields["law"].annotation)[0]) for law in FITTED)


def fit_laws(values: Sequence[float], names: Collection[str]) -> tuple[LawFit, ...]:
    """Fit laws to values, nearest first by KS.

    Each law is the likeliest of its family, cut off at the least and the greatest value, rounded.

    Left out are laws of values above 0 where there are others, and those that would hardly ever be drawn between the
    least and the greatest value. Values that are all the same are a constant, whatever laws are wanted.

    Args:
        values: at least one.
        names: of the laws wanted.
    """
    measured = np.sort(np.asarray(values, np.float64))
    if np.ptp(measured) < SAME:
        constant = _constant(measured)
        return (LawFit(constant, ks_distance(measured, constant, SAME), wasserstein_distance(measured, constant)),)
    fits = []
    for name, family in zip(law_names(), FITTED, strict=True):
        law = _fitted(family, measured) if name in names else None
        if law is None:
            continue
        fits.append(LawFit(law, ks_distance(measured, law), wasserstein_distance(measured, law)))
    return tuple(sorted(fits, key=lambda fit: fit.ks))


def _fitted(family: type[TruncatedLaw], values: Reals) -> ConstantLaw | TruncatedLaw | None:
    """Return a family's likeliest law that is cut off where the values end; None if it can't hold them."""
    if np.ptp(values) < SAME:
        return _constant(values)
    if family in ABOVE_0 and values.min() <= 0:
        return None
    try:
        law = family.fit(values)
    except ValidationError:  # most values are the same
        return None
    if isinstance(law, EmpiricalLaw):
        return law
    low, high = (float(f"{bound:.{_DIGITS}g}") for bound in (values.min(), values.max()))
    return likeliest_within(law, values, low, high)


def _constant(values: Reals) -> ConstantLaw:
    return ConstantLaw(value=round(float(np.median(values)), _DIGITS))
