"""Laws fitted to values that were cut off."""

import math

import numpy as np
import pytest

from stages.scenes.audit.goodness import ks_distance
from stages.scenes.fit.likelihood import LEAST_SHARE_FITTED, likeliest_within
from stages.scenes.laws import (
    ExponentialLaw,
    GammaLaw,
    LaplaceLaw,
    LognormalLaw,
    NormalLaw,
    StudentTLaw,
    TruncatedLaw,
)
from stages.scenes.profile import load_profile

CUT = [
    NormalLaw(mean=0.4, sd=0.3, min=0.2, max=1.0),
    LaplaceLaw(location=0.4, scale=0.3, min=0.2, max=2.0),
    StudentTLaw(df=3.17, location=0.13, scale=0.31, min=-0.2, max=2.0),
    GammaLaw(shape=2.0, scale=0.27, min=0.2, max=2.0),
    LognormalLaw(mu=-0.845, sigma=0.648, min=0.2, max=3.0),
    ExponentialLaw(mean=0.38, min=0.2, max=1.0),
]


def drawn(law: TruncatedLaw, count: int) -> np.ndarray:
    return law.quantile(np.random.default_rng(5).random(count))


def fitted(law: TruncatedLaw, values: np.ndarray) -> TruncatedLaw:
    found = likeliest_within(type(law).fit(values), values, float(values.min()), float(values.max()))
    assert found is not None
    return found


@pytest.mark.parametrize("law", CUT, ids=lambda law: law.law)
def test_a_law_that_was_cut_off_is_found_again(law: TruncatedLaw) -> None:
    values = drawn(law, 40_000)
    found = fitted(law, values)
    assert found.parameters == pytest.approx(law.parameters, rel=0.1, abs=0.02)
    assert ks_distance(values, found) < 0.007
    whole = type(law).fit(values).model_copy(update={"min": found.min, "max": found.max})
    assert ks_distance(values, whole) > 0.03


def test_the_pauses_of_profile_human_are_found_again() -> None:
    law = load_profile("human").pause.user.duration_s
    found = fitted(law, drawn(law, 35_220))
    assert found.parameters == pytest.approx(law.parameters, abs=0.01)


@pytest.mark.parametrize(
    "law", [NormalLaw(mean=0.5, sd=0.1), LaplaceLaw(location=0.1, scale=0.3), LognormalLaw(mu=-0.7, sigma=0.5)]
)
def test_a_law_of_which_nothing_lies_outside_stays_as_it_is(law: TruncatedLaw) -> None:
    values = drawn(law, 5000)
    start = type(law).fit(values)
    found = likeliest_within(start, values, max(-50.0, law.support[0]), 50.0)
    assert found is not None
    assert found.parameters == pytest.approx(start.parameters, rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("law", CUT, ids=lambda law: law.law)
@pytest.mark.parametrize("count", [3, 10, 20])
def test_few_values_make_a_law_that_is_no_worse_than_the_start(law: TruncatedLaw, count: int) -> None:
    values = drawn(law, count)
    found, start = fitted(law, values), type(law).fit(values)

    def likelihood(of: TruncatedLaw) -> float:
        below, reached = of.cdf_whole((values.min(), values.max()))
        return of.log_density_whole(values).sum() - count * math.log(reached - below)

    assert likelihood(found) >= likelihood(start) - 0.001 * count  # as far as four digits tell
    assert np.diff(found.cdf_whole((values.min(), values.max())))[0] >= LEAST_SHARE_FITTED - 1e-3
    assert fitted(law, values) == found


def test_values_that_no_cut_of_the_law_explains_end_the_search_where_the_law_would_hardly_be_drawn() -> None:
    rising = 1 - drawn(ExponentialLaw(mean=0.2, min=0.0, max=0.8), 500)  # the likeliest exponential law rises, too
    found = fitted(ExponentialLaw(mean=1.0), rising)
    share = np.diff(found.cdf_whole((rising.min(), rising.max())))[0]
    assert share == pytest.approx(LEAST_SHARE_FITTED, abs=0.01)


def test_a_search_that_does_not_converge_leaves_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    from scipy import optimize

    def stopped(*arguments, options, **others):
        return minimize(*arguments, options={**options, "maxiter": 3}, **others)

    minimize = optimize.minimize
    monkeypatch.setattr(optimize, "minimize", stopped)
    values = drawn(CUT[4], 1000)
    start = LognormalLaw.fit(values)
    found = likeliest_within(start, values, 0.2, 3.0)
    assert found is not None
    assert found.parameters == pytest.approx(start.parameters, rel=1e-3)
    assert (found.min, found.max) == (0.2, 3.0)


def test_a_start_of_which_hardly_a_draw_is_kept_has_no_law() -> None:
    values = np.linspace(0.5, 0.509, 20)
    assert likeliest_within(ExponentialLaw.fit(values), values, 0.5, 0.509) is None
