"""Every law fitted to measured values, and how near each comes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
from pydantic import ValidationError

from stages.scenes.audit.goodness import ks_distance, wasserstein_distance
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

    Each is fitted by likelihood, cut off at the least and the greatest value, and rounded; its distances are those of
    the result. Left out are laws of values above 0 where there are others, and those that would hardly ever be drawn
    between the least and the greatest value. Values that are all the same are a constant, whatever laws are wanted.

    Args:
        values: at least one.
        names: of the laws wanted.
    """
    measured = np.asarray(values, np.float64)
    if np.ptp(measured) < SAME:
        constant = ConstantLaw(value=round(float(np.median(measured)), _DIGITS))
        return (LawFit(constant, ks_distance(measured, constant, SAME), wasserstein_distance(measured, constant)),)
    fits = []
    for name, family in zip(law_names(), FITTED, strict=True):
        if name not in names or (family in (GammaLaw, LognormalLaw, ExponentialLaw) and measured.min() <= 0):
            continue
        law = _as_written(family.fit(measured), measured)
        if law is not None:
            fits.append(LawFit(law, ks_distance(measured, law), wasserstein_distance(measured, law)))
    return tuple(sorted(fits, key=lambda fit: fit.ks))


def _as_written(law: TruncatedLaw, values: Reals) -> TruncatedLaw | None:
    """Return a law with rounded parameters, cut off where the values end; None if that leaves too little of it."""
    low, high = (float(f"{bound:.{_DIGITS}g}") for bound in (values.min(), values.max()))
    if isinstance(law, EmpiricalLaw):
        return law
    parameters = law.model_dump(exclude={"law", "min", "max"})
    rounded = {key: float(f"{value:.{_DIGITS}g}") for key, value in parameters.items()}
    try:
        return type(law).model_validate({**rounded, "min": low, "max": high})
    except ValidationError:
        return None
