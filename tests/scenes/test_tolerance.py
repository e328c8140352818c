"""A corpus fails for timing that it was not asked for, and not by chance."""

import numpy as np
import pytest

from stages.scenes.audit.measure import Measure, Tally
from stages.scenes.audit.timing_plot import timing_plot
from stages.scenes.audit.tolerance import TimingCheckConfig, rate_problems, timing_problems
from stages.scenes.laws import ConstantLaw, NormalLaw

MEASURE = Measure("floor_transfer_s", "user")
LAW = NormalLaw(mean=0.5, sd=0.2)
CONFIG = TimingCheckConfig()


def problems(planned=(), heard=(), onset_errors_s=(), unheard=0, law=LAW):
    values = {MEASURE: planned}, {MEASURE: heard}
    return list(timing_problems({MEASURE: law}, *values, onset_errors_s, unheard, CONFIG))


def drawn(count, mean=0.5, seed=0):
    return np.random.default_rng(seed).normal(mean, 0.2, count)


@pytest.mark.parametrize("count", [1, 3, 10, 100, 3000])
def test_a_corpus_of_any_size_that_keeps_its_law_passes(count):
    for seed in range(20):
        assert problems(drawn(count, seed=seed), drawn(count, seed=seed + 100)) == []


def test_what_was_not_asked_for_is_named_with_kind_requested_achieved_and_the_way_out():
    (problem,) = problems(drawn(500, mean=0.8))
    for said in ("floor_transfer_s, user, in the plan", "normal(0.5, 0.2)", "mean 0.500", "achieved mean", "max_ks"):
        assert said in problem


def test_few_values_do_not_fail_for_what_many_fail_for():
    assert problems(drawn(8, mean=0.8)) == []
    assert len(problems(drawn(500, mean=0.8))) == 1


def test_a_constant_is_kept_by_what_is_heard_near_it():
    heard = np.random.default_rng(0).normal(0.0, 0.02, 200)
    assert problems(np.full(200, 1e-9), heard, law=ConstantLaw(value=0.0)) == []
    assert len(problems(heard=heard + 0.2, law=ConstantLaw(value=0.0))) == 1


def test_onsets_that_are_heard_elsewhere_than_planned_are_told():
    assert problems(onset_errors_s=[0.005] * 99 + [2.0]) == []
    (late,) = problems(onset_errors_s=[0.03] * 100)
    assert "max_onset_error_p50_s" in late
    (stray,) = problems(onset_errors_s=[0.005] * 80 + [-0.5] * 20)
    assert "max_onset_error_p95_s" in stray


def test_utterances_that_are_not_heard_are_told_but_a_single_one_is_not():
    assert problems(unheard=1) == []
    assert problems(onset_errors_s=[0.005] * 95, unheard=5) == []
    (lost,) = problems(onset_errors_s=[0.005] * 90, unheard=10)
    assert "10 of 100 utterances" in lost
    assert "max_unheard" in lost


SHARE, PER_MINUTE = Measure("pause.rate", "user"), Measure("backchannel.per_minute", "user")


def rate_faults(measure, rate, tally):
    return list(rate_problems({measure: rate}, {measure: tally}, CONFIG))


@pytest.mark.parametrize("chances", [1, 10, 100, 10_000])
def test_rates_that_are_kept_pass_in_a_corpus_of_any_size(chances):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        assert rate_faults(SHARE, 0.3, Tally(int(rng.binomial(chances, 0.3)), chances)) == []
        assert rate_faults(PER_MINUTE, 7.0, Tally(int(rng.poisson(7.0 * chances)), chances)) == []


def test_what_found_no_room_does_not_fail_its_rate():
    assert rate_faults(PER_MINUTE, 10.0, Tally(200, 100.0, 800)) == []
    assert rate_faults(SHARE, 0.3, Tally(20, 1000, 280)) == []


def test_a_rate_that_was_not_asked_for_is_named_with_what_came():
    for tally in (Tally(100, 1000), Tally(600, 1000)):
        (problem,) = rate_faults(SHARE, 0.3, tally)
        for said in (
            "pause.rate, user, in the plan: requested 0.3",
            f"{tally.came} occurred in 1000.0",
            "max_rate_off",
        ):
            assert said in problem


def test_a_kind_that_was_asked_for_and_never_came_is_told_even_if_it_found_no_room():
    (problem,) = rate_faults(PER_MINUTE, 7.0, Tally(0, 20.0, 140))
    assert "achieved 0.000: 0 occurred in 20.0 minutes, 140 more found no room" in problem
    assert rate_faults(PER_MINUTE, 7.0, Tally(0, 1.0)) == []


def test_a_plot_shows_the_law_and_every_curve_that_has_values():
    plot = timing_plot("a < b", LAW, (("in the plan", drawn(50)), ("in the audio", ())))
    assert plot.count("<polyline") == 2
    assert "a &lt; b" in plot
    assert "in the plan (n=50)" in plot
    assert plot == timing_plot("a < b", LAW, (("in the plan", drawn(50)), ("in the audio", ())))


def test_a_constant_law_can_be_plotted():
    assert "nan" not in timing_plot("at once", ConstantLaw(value=0.0), (("in the plan", [0.0, 0.0]),))


@pytest.mark.parametrize("spread", np.geomspace(0.01, 100, 40))
def test_a_plot_of_any_range_has_a_few_ticks(spread: float) -> None:
    plot = timing_plot("any", LAW, (("in the plan", [-spread, spread]),), axis="s")
    ticks = plot.count("v4")
    assert 2 <= ticks <= 7
