"""The likeliest law of truncated values, such as pauses, which are never shorter than 0.2 s."""

import math

import numpy as np
from pydantic import ValidationError

from stages.scenes.laws import Reals, TruncatedLaw

LEAST_SHARE_FITTED = 0.1
"""The search goes to no law that keeps fewer of its draws: only the end of a flank would be left of it, its parameters
would say nothing of the values, and drawing would be slow."""
_DIGITS = 4
_FIRST_STEP = 0.2
_FARTHEST = 20.0


def likeliest_within(start: TruncatedLaw, values: Reals, low: float, high: float) -> TruncatedLaw | None:
    """Return the law of a family, truncated at two bounds, that makes values likeliest.

    A law with density f and cumulative distribution F has the density f(x) / (F(high) - F(low)) once truncated; the
    likelihood is the product of that over the values (A. Clifford Cohen, Truncated and Censored Samples, Marcel Dekker
    1991). Its maximum is searched for by the method of Nelder and Mead (A simplex method for function minimization, The
    Computer Journal 7, 1965), among laws as they are written: with rounded parameters. If the search doesn't converge,
    or finds no law that is likelier than the start, the start is returned.

    Args:
        start: the law that makes the values likeliest without truncation.
        values: shape (n,), within the bounds, not all equal.
        low: the lower bound.
        high: the upper bound.

    Returns:
        The law with its bounds and rounded parameters; None if the start keeps too few draws to be written at all.
    """
    from scipy.optimize import minimize

    begun = start.model_dump(exclude={"law", "min", "max"})
    floors = {name: _floor(start, name) for name in begun}
    spread = float(values.std())

    def law(steps: Reals) -> TruncatedLaw | None:
        """Move parameters by spreads of the values; those with a floor by factors of their distance to it."""
        parameters = {}
        for (name, value), step in zip(begun.items(), steps.tolist(), strict=True):
            floor = floors[name]
            if floor is None:
                parameters[name] = value + spread * step
            else:
                parameters[name] = floor + (value - floor) * math.exp(min(max(step, -_FARTHEST), _FARTHEST))
        return _written(type(start), parameters, low, high)

    stay = np.zeros(len(begun))
    kept = law(stay)
    if kept is None:
        return None
    least = min(LEAST_SHARE_FITTED, _share_within(kept, low, high))

    def unlikelihood(steps: Reals) -> float:
        tried = law(steps)
        share = 0.0 if tried is None else _share_within(tried, low, high)
        if tried is None or share < least:
            return math.inf
        return len(values) * math.log(share) - float(tried.log_density_whole(values).sum())

    simplex = np.vstack([stay, _FIRST_STEP * np.eye(len(stay))])
    found = minimize(unlikelihood, stay, method="Nelder-Mead", options={"initial_simplex": simplex})
    return law(found.x) if found.success and found.fun < unlikelihood(stay) else kept


def _floor(law: TruncatedLaw, name: str) -> float | None:
    """Return what a parameter of a law has to lie above; None if nothing."""
    bounds = [getattr(bound, "gt", getattr(bound, "ge", None)) for bound in type(law).model_fields[name].metadata]
    return next((bound for bound in bounds if bound is not None), None)


def _written(family: type[TruncatedLaw], parameters: dict[str, float], low: float, high: float) -> TruncatedLaw | None:
    """Return a law with rounded parameters, cut off; None if that leaves too little of it."""
    rounded = {name: float(f"{value:.{_DIGITS}g}") for name, value in parameters.items()}
    try:
        return family.model_validate({**rounded, "min": low, "max": high})
    except ValidationError:
        return None


def _share_within(law: TruncatedLaw, low: float, high: float) -> float:
    below, reached = law.cdf_whole((low, high)).tolist()
    return float(reached - below)
