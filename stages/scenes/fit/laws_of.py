"""Every law fitted to measured values, and how close each comes."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
from pydantic import ValidationError

from manifests.randomness import generator
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
HALVINGS = 5
"""How often values are halved to see how near a law comes: once would leave too much to chance."""
_DIGITS = 4


@dataclass(frozen=True)
class LawFit:
    """A law fitted to values.

    Attributes:
        ks: Kolmogorov-Smirnov distance (0 to 1) of half of the values to the same kind of law fitted to the other half,
            on average. Of a constant: of all values to it.
        w1: the same for the Wasserstein distance, in the values' unit.
    """

    law: ConstantLaw | TruncatedLaw
    ks: float
    w1: float


def law_names() -> tuple[str, ...]:
    """Return the names of the laws that can be fitted."""
    return tuple(str(get_args(law.model_fields["law"].annotation)[0]) for law in FITTED)


def fit_laws(values: Sequence[float], names: Collection[str]) -> tuple[LawFit, ...]:
    """Fit laws to values, closest first by KS.

    Each law is the likeliest of its family, truncated at the smallest and largest value, rounded. How close it comes is
    measured on values that it was not fitted to, because a histogram with many bins is always close to its own values:
    the values are halved at random, `HALVINGS` times, and each half is compared with the law fitted to the other
    half (5x2 cross-validation: Thomas G. Dietterich, Approximate statistical tests for comparing supervised
    classification learning algorithms, Neural Computation 10, 1998). The same values are always halved the same way.

    Laws of values above 0 are left out if there are others, and so are laws that would hardly ever draw between the
    smallest and the largest value. Values that are all the same give a constant, whatever laws are requested.

    Args:
        values: at least one.
        names: of the requested laws.
    """
    measured = np.sort(np.asarray(values, np.float64))
    if np.ptp(measured) < SAME:
        constant = _constant(measured)
        return (LawFit(constant, ks_distance(measured, constant, SAME), wasserstein_distance(measured, constant)),)
    pairs = list(_halves(measured))
    fits = []
    for name, family in zip(law_names(), FITTED, strict=True):
        law = _fitted(family, measured) if name in names else None
        if law is None:
            continue
        held_out = [(other, half_law) for half, other in pairs if (half_law := _fitted(family, half)) is not None]
        if held_out:
            ks, w1 = np.mean([(ks_distance(*pair), wasserstein_distance(*pair)) for pair in held_out], axis=0).tolist()
            fits.append(LawFit(law, ks, w1))
    return tuple(sorted(fits, key=lambda fit: fit.ks))


def _halves(values: Reals) -> Iterator[tuple[Reals, Reals]]:
    """Yield halves of values, each with the other one, first and second in turn."""
    for halving in range(HALVINGS):
        order = generator(0, "timing fit", halving).permutation(len(values))
        first, second = values[order[: len(order) // 2]], values[order[len(order) // 2 :]]
        yield first, second
        yield second, first


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
