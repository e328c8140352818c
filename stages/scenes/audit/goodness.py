"""How far values are from a law: Kolmogorov-Smirnov and Wasserstein distances."""

from collections.abc import Sequence

import numpy as np

from stages.scenes.laws import ConstantLaw, Reals, TruncatedLaw


def ks_distance(values: Sequence[float] | Reals, law: ConstantLaw | TruncatedLaw, resolution: float = 0.0) -> float:
    """Return the greatest difference between the values' cumulative distribution and the law's (0 to 1).

    Kolmogorov's statistic, for laws that jump, too: a constant is met by values at it.

    Args:
        values: at least one.
        law: truncation included.
        resolution: how exactly the values are known, in their own unit: only what no shift by it can explain counts.
    """
    ordered = np.sort(np.asarray(values, np.float64))
    ranks = np.arange(len(ordered) + 1) / len(ordered)
    just_below = law.cdf(np.nextafter(ordered - resolution, -np.inf))
    over, under = ranks[1:] - law.cdf(ordered + resolution), just_below - ranks[:-1]
    # Of equal values the last one tells how much lies at or below, the first one how much lies below.
    last, first = np.append(np.diff(ordered) > 0, True), np.insert(np.diff(ordered) > 0, 0, True)
    return float(max(over[last].max(), under[first].max(), 0.0))


def wasserstein_distance(values: Sequence[float] | Reals, law: ConstantLaw | TruncatedLaw) -> float:
    """Return how far values must move, on average, to be distributed as the law: W1, in the values' unit.

    Each of the sorted values is compared with the law's quantile in the middle of its share.

    Args:
        values: at least one.
        law: truncation included.
    """
    ordered = np.sort(np.asarray(values, np.float64))
    middles = (np.arange(len(ordered)) + 0.5) / len(ordered)
    return float(np.abs(ordered - law.quantile(middles)).mean())
