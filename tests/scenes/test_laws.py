import math

import numpy as np
import pytest
import yaml
from pydantic import TypeAdapter, ValidationError

from manifests.errors import BuildError
from stages.scenes.laws import ConstantLaw, Law, NormalLaw, TruncatedLaw


def read(text: str) -> ConstantLaw | TruncatedLaw:
    return TypeAdapter(Law).validate_python(yaml.safe_load(text))


def sample(law: ConstantLaw | TruncatedLaw, count: int = 20_000) -> tuple[np.ndarray, int]:
    rng = np.random.default_rng(1)
    draws = [law.draw(rng) for _ in range(count)]
    return np.array([draw.value for draw in draws]), sum(draw.redraws for draw in draws)


def test_a_normal_law_has_its_mean_and_sd_and_never_redraws() -> None:
    values, redraws = sample(read("{law: normal, mean: 0.5, sd: 0.25}"))
    assert values.mean() == pytest.approx(0.5, abs=0.01)
    assert values.std() == pytest.approx(0.25, abs=0.01)
    assert redraws == 0


def test_truncation_keeps_its_bounds_and_counts_what_it_threw_away() -> None:
    values, redraws = sample(read("{law: normal, mean: 0, sd: 1, min: 0}"))
    assert values.min() >= 0
    # A half-normal: mean sqrt(2/pi), and every second draw thrown away.
    assert values.mean() == pytest.approx(math.sqrt(2 / math.pi), abs=0.02)
    assert redraws / len(values) == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(
    "text",
    [
        "{law: constant, value: 0.2}",
        "{law: normal, mean: 0.3, sd: 0}",
        "{law: normal, mean: 0.3, sd: 0, min: 0.3}",
        "{law: normal, mean: 0.3, sd: 0, min: 0.3, max: 0.3}",
        "{law: normal, mean: 0.3, sd: 0.2}",
        "{law: normal, mean: 0.5, sd: 0.25, min: 0}",
        "{law: normal, mean: 0, sd: 1, min: -0.5, max: 2}",
        "{law: normal, mean: 0, sd: 1, max: -1}",
    ],
)
def test_a_law_knows_the_moments_of_what_it_draws(text: str) -> None:
    law = read(text)
    values, _ = sample(law)
    assert law.moments() == pytest.approx((values.mean(), values.std()), abs=0.02)


def test_sd_zero_is_the_mean_every_time() -> None:
    values, redraws = sample(read("{law: normal, mean: 0, sd: 0}"), 10)
    assert (values == 0).all()
    assert redraws == 0


def test_a_constant_leaves_the_generator_alone() -> None:
    rng = np.random.default_rng(1)
    assert read("{law: constant, value: 0.2}").draw(rng).value == 0.2
    assert rng.random() == np.random.default_rng(1).random()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{law: normal, mean: 0, sd: -1}", "greater than or equal to 0"),
        ("{law: normal, mean: 0, sd: 1, min: 1, max: 0}", r"normal\(0, 1\) in \[1, 0\]: min 1 is above max 0"),
        ("{law: normal, mean: 0, sd: 0.1, min: 2}", r"normal\(0, 0.1\).*truncation is impossible"),
        ("{law: normal, mean: 0, sd: 0, min: 1}", "truncation is impossible"),
        ("{law: cauchy, mean: 0}", "cauchy"),
        ("{law: normal, mean: .inf, sd: 1}", "finite"),
        ("{law: constant, value: 0, sd: 1}", "sd"),
    ],
)
def test_a_law_that_cannot_be_drawn_is_refused_by_name(text: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        read(text)


class StubbornLaw(NormalLaw):
    """Promises to fall anywhere, and never does."""

    def draw_whole(self, rng):
        return 5.0


def test_redraws_end() -> None:
    with pytest.raises(BuildError, match=r"timing law normal\(0, 1\) in \[0, 1\]: 10000 draws in a row fell outside"):
        StubbornLaw(mean=0.0, sd=1.0, min=0.0, max=1.0).draw(np.random.default_rng(1))
