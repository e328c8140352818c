import numpy as np
import pytest
from scipy import stats

from stages.scenes.audit.goodness import ks_distance, wasserstein_distance
from stages.scenes.laws import ConstantLaw, ExponentialLaw, LaplaceLaw, NormalLaw


def test_ks_is_scipys() -> None:
    values = np.random.default_rng(1).normal(0.1, 1.2, 500)
    assert ks_distance(values, NormalLaw(mean=0.0, sd=1.0)) == pytest.approx(stats.kstest(values, "norm").statistic)


def test_ks_minds_truncation() -> None:
    law = NormalLaw(mean=0.0, sd=1.0, min=0.0)
    assert ks_distance(law.quantile(np.linspace(0.0005, 0.9995, 1000)), law) < 0.001
    assert ks_distance(np.full(10, -1.0), law) == 1.0


def test_values_at_a_constant_are_as_asked_for() -> None:
    assert ks_distance([0.2, 0.2, 0.2], ConstantLaw(value=0.2)) == 0.0
    assert ks_distance([0.1, 0.2], ConstantLaw(value=0.2)) == 0.5
    assert ks_distance([0.3, 0.3], ConstantLaw(value=0.2)) == 1.0


def test_what_the_resolution_explains_does_not_count() -> None:
    off = [0.2 + 1e-9, 0.2 - 1e-9]
    assert ks_distance(off, ConstantLaw(value=0.2)) == 0.5
    assert ks_distance(off, ConstantLaw(value=0.2), resolution=1e-6) == 0.0


def test_wasserstein_is_how_far_values_must_move() -> None:
    law = LaplaceLaw(location=0.0, scale=0.3)
    placed = law.quantile((np.arange(2000) + 0.5) / 2000)
    assert wasserstein_distance(placed, law) == pytest.approx(0.0, abs=1e-9)
    assert wasserstein_distance(placed + 0.07, law) == pytest.approx(0.07)
    assert wasserstein_distance([1.0], ConstantLaw(value=0.25)) == 0.75


def test_wasserstein_is_near_scipys_between_samples() -> None:
    law, rng = ExponentialLaw(mean=0.4), np.random.default_rng(2)
    values, drawn = rng.exponential(0.5, 20_000), rng.exponential(0.4, 20_000)
    assert wasserstein_distance(values, law) == pytest.approx(stats.wasserstein_distance(values, drawn), abs=0.01)
