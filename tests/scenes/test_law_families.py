"""Every law, truncated or not, against its own draws and against scipy."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import stats

from stages.scenes.audit.goodness import ks_distance
from stages.scenes.laws import (
    EmpiricalLaw,
    ExponentialLaw,
    GammaLaw,
    LaplaceLaw,
    LognormalLaw,
    NormalLaw,
    StudentTLaw,
    TruncatedLaw,
)

WHOLE = [
    (NormalLaw(mean=0.15, sd=0.49), stats.norm(0.15, 0.49)),
    (LaplaceLaw(location=0.13, scale=0.33), stats.laplace(0.13, 0.33)),
    (StudentTLaw(df=3.17, location=0.13, scale=0.31), stats.t(3.17, 0.13, 0.31)),
    (GammaLaw(shape=1.1, scale=0.27), stats.gamma(1.1, scale=0.27)),
    (LognormalLaw(mu=-0.7, sigma=0.54), stats.lognorm(0.54, scale=math.exp(-0.7))),
    (ExponentialLaw(mean=0.38), stats.expon(scale=0.38)),
    (
        EmpiricalLaw(edges=(-1.0, 0.0, 0.5, 1.0, 3.0), counts=(1.0, 5.0, 0.0, 2.0)),
        stats.rv_histogram((np.array([1.0, 5.0, 0.0, 2.0]), np.array([-1.0, 0.0, 0.5, 1.0, 3.0])), density=False),
    ),
]
TRUNCATIONS = [(None, None), (0.1, None), (None, 0.6), (0.05, 1.1)]
CASES = [
    pytest.param(law.model_copy(update={"min": low, "max": high}), scipys, id=f"{law.law}-{low}-{high}")
    for law, scipys in WHOLE
    for low, high in TRUNCATIONS
]


@pytest.mark.parametrize(("law", "scipys"), CASES)
def test_draws_follow_the_law_within_its_bounds(law: TruncatedLaw, scipys) -> None:
    rng = np.random.default_rng(3)
    draws = [law.draw(rng) for _ in range(20_000)]
    values = np.array([draw.value for draw in draws])
    assert values.min() >= law.lowest
    assert values.max() <= law.highest
    assert ks_distance(values, law) < 2.2 / math.sqrt(len(values))  # 1 of 8,000 samples of the law would miss this
    mean, sd = law.moments()
    assert values.mean() == pytest.approx(mean, abs=4 * sd / math.sqrt(len(values)))
    assert values.std() == pytest.approx(sd, rel=0.1)
    low, high = scipys.cdf(law.lowest), scipys.cdf(law.highest)
    assert sum(draw.redraws for draw in draws) / len(draws) == pytest.approx(1 / (high - low) - 1, abs=0.08)


@pytest.mark.parametrize(("law", "scipys"), CASES)
def test_cdf_quantiles_and_moments_are_scipys(law: TruncatedLaw, scipys) -> None:
    low, high = scipys.cdf(law.lowest), scipys.cdf(law.highest)
    values, shares = np.linspace(-2, 4, 61), np.linspace(0.0111, 0.9877, 50)
    np.testing.assert_allclose(law.cdf(values), np.clip((scipys.cdf(values) - low) / (high - low), 0, 1), atol=1e-9)
    np.testing.assert_allclose(law.quantile(shares), scipys.ppf(low + shares * (high - low)), atol=1e-9)
    # Over the law's own quantiles, the heavy flanks apart, which no finite sum holds.
    if law.min is None and law.max is None:
        assert law.moments() == pytest.approx((scipys.mean(), scipys.std()))
    else:
        middles = law.quantile((np.arange(200_000) + 0.5) / 200_000)
        assert law.moments() == pytest.approx((middles.mean(), middles.std()), rel=0.03)


@pytest.mark.parametrize(("law", "scipys"), [pytest.param(*case, id=case[0].law) for case in WHOLE])
def test_densities_are_scipys(law: TruncatedLaw, scipys) -> None:
    values = law.quantile(np.linspace(0.0111, 0.9877, 50))
    np.testing.assert_allclose(law.log_density_whole(values), scipys.logpdf(values), atol=1e-9)


def test_a_histogram_has_no_density_where_it_holds_nothing() -> None:
    law = EmpiricalLaw(edges=(-1.0, 0.0, 0.5, 1.0), counts=(1.0, 0.0, 3.0))
    np.testing.assert_allclose(
        law.log_density_whole([-1.1, -1.0, 0.2, 0.7, 1.1]), [-np.inf, np.log(0.25), -np.inf, np.log(1.5), -np.inf]
    )


@pytest.mark.parametrize("law", [law for law, _ in WHOLE], ids=lambda law: law.law)
def test_a_fit_recovers_the_law(law: TruncatedLaw) -> None:
    rng = np.random.default_rng(4)
    values = np.array([law.draw(rng).value for _ in range(30_000)])
    fitted = type(law).fit(values)
    assert ks_distance(law.quantile(np.linspace(0.0001, 0.9999, 5000)), fitted) < 0.01
    if not isinstance(law, EmpiricalLaw):
        assert fitted.parameters == pytest.approx(law.parameters, rel=0.05, abs=0.01)


def test_a_fitted_histogram_is_small_and_fine_where_values_are_many() -> None:
    values = np.array([*np.linspace(0, 1, 1000), 1e6])
    fitted = EmpiricalLaw.fit(values)
    assert len(fitted.counts) == 100
    assert ks_distance(values, fitted) <= 0.011
    assert EmpiricalLaw.fit(np.array([0.1, 0.1, 0.2])).edges == (0.1, 0.2)


REAL = st.floats(-5.0, 5.0)
POSITIVE = st.floats(0.01, 5.0)
LAWS = st.one_of(
    st.builds(NormalLaw, mean=REAL, sd=POSITIVE),
    st.builds(LaplaceLaw, location=REAL, scale=POSITIVE),
    st.builds(StudentTLaw, df=st.floats(2.1, 50.0), location=REAL, scale=POSITIVE),
    st.builds(GammaLaw, shape=st.floats(0.2, 20.0), scale=POSITIVE),
    st.builds(LognormalLaw, mu=st.floats(-2.0, 1.0), sigma=st.floats(0.05, 1.5)),
    st.builds(ExponentialLaw, mean=POSITIVE),
)


@st.composite
def truncated(draw: st.DrawFn) -> TruncatedLaw:
    law = draw(LAWS)
    share = draw(st.floats(0.02, 1.0))
    below = draw(st.floats(0.0, 1.0)) * (1 - share)
    low, high = (float(law.quantile(p)) for p in (below, min(below + share, 1.0)))
    bounds = {"min": low if math.isfinite(low) else None, "max": high if math.isfinite(high) else None}
    return type(law)(**{**law.model_dump(), **bounds})


@given(truncated(), st.integers(0, 2**32))
def test_any_law_stays_within_its_bounds_and_knows_its_quantiles(law: TruncatedLaw, seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert all(law.lowest <= law.draw(rng).value <= law.highest for _ in range(20))
    shares = np.linspace(0.02, 0.98, 25)
    np.testing.assert_allclose(law.cdf(law.quantile(shares)), shares, atol=1e-6)
    mean, sd = law.moments()
    assert law.lowest - 1e-6 <= mean <= law.highest + 1e-6
    if math.isfinite(law.lowest) and math.isfinite(law.highest):
        assert sd <= (law.highest - law.lowest) / 2 + 1e-6  # Popoviciu's inequality


@pytest.mark.parametrize("law", [law for law, _ in WHOLE], ids=lambda law: law.law)
def test_a_law_that_never_falls_inside_its_truncation_is_refused_by_name(law: TruncatedLaw) -> None:
    with pytest.raises(ValidationError, match=rf"{law.law}\(.*its truncation is impossible"):
        type(law)(**{**law.model_dump(), "min": -9.0, "max": -8.0})


@pytest.mark.parametrize(
    ("kind", "parameters", "message"),
    [
        (LaplaceLaw, {"location": 0.0, "scale": -1.0}, "greater than 0"),
        (StudentTLaw, {"df": 2.0, "location": 0.0, "scale": 1.0}, "greater than 2"),
        (GammaLaw, {"shape": 0.0, "scale": 1.0}, "greater than 0"),
        (LognormalLaw, {"mu": 0.0, "sigma": 0.0}, "greater than 0"),
        (ExponentialLaw, {"mean": -0.1}, "greater than 0"),
        (ExponentialLaw, {"mean": math.nan}, "finite"),
    ],
)
def test_impossible_parameters_are_refused(kind, parameters, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        kind(**parameters)
