"""Whether the timing is as requested: how far off it may be, and what to say if it is farther off."""

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from pydantic import Field

from manifests.strict_model import StrictModel
from stages.scenes.audit.goodness import ks_distance
from stages.scenes.audit.measure import Measure, Tally
from stages.scenes.audit.rates import is_per_minute
from stages.scenes.laws import Law

PLAN_RESOLUTION_S = 0.001
"""Events stand at whole samples."""

_FEWEST = 2
"""Onsets that have to be wrong: a single one says little of a corpus."""


class TimingCheckConfig(StrictModel):
    """The `timing_check` section: how much of a corpus is listened to, and how far off its timing may be."""

    heard_dialogues: int = Field(
        default=30, ge=0, description="How many dialogues to listen to, from the first on; 0: check the plan only."
    )
    max_ks: float = Field(
        default=0.1,
        ge=0.0,
        le=1.0,
        description="Kolmogorov-Smirnov distance to a law that is always acceptable: turns and words can't stretch.",
    )
    false_alarm: float = Field(
        default=1e-4,
        gt=0.0,
        lt=1.0,
        description="Probability that a correct law fails; the bar is `max_ks` plus what chance exceeds this often.",
    )
    hearing_s: float = Field(
        default=0.12,
        ge=0.0,
        le=1.0,
        description="Hearing accuracy: one in ten user ends fades into noise this early.",
    )
    max_onset_error_p50_s: float = Field(default=0.02, gt=0.0, description="Planned versus audible onsets, median.")
    max_onset_error_p95_s: float = Field(
        default=0.06, gt=0.0, description="The same, 95th percentile; noise masks some weak initial consonants."
    )
    max_unheard: float = Field(
        default=0.05,
        ge=0.0,
        le=1.0,
        description="Share of utterances whose onset isn't heard, or merges with the last one.",
    )

    max_rate_off: float = Field(
        default=0.25,
        ge=0.0,
        lt=1.0,
        description="How far off a rate may be beyond chance, as a share of it; events without room count as present, "
        "unless none found room.",
    )

    def ks_bar(self, count: int) -> float:
        """Return the largest KS distance that this many values may have: Kolmogorov's, for large counts."""
        return self.max_ks + math.sqrt(-math.log(self.false_alarm / 2) / (2 * count))


def timing_problems(
    laws: Mapping[Measure, Law],
    planned: Mapping[Measure, Sequence[float]],
    heard: Mapping[Measure, Sequence[float]],
    onset_errors_s: Sequence[float],
    unheard: int,
    config: TimingCheckConfig,
) -> Iterator[str]:
    """Yield a line for everything that is outside the tolerance.

    Args:
        laws: what was asked for.
        planned: the values of every law in the events.
        heard: the same, measured in the audio of some dialogues.
        onset_errors_s: audible minus planned onset of every utterance heard.
        unheard: how many more utterances were planned there whose onset was not heard.
        config: the tolerance.
    """
    for found, values_of, resolution_s, redo in (
        ("in the plan", planned, PLAN_RESOLUTION_S, "these turns can't follow its laws; change the laws"),
        ("in the audio", heard, config.hearing_s, "listen to the preview; the audio does not follow the plan"),
    ):
        for measure, law in laws.items():
            values = np.asarray(values_of.get(measure, ()), np.float64)
            if not values.size:
                continue
            distance, bar = ks_distance(values, law, resolution_s), config.ks_bar(values.size)
            if distance > bar:
                mean, sd = law.moments()
                yield (
                    f"{measure.what}, {measure.role}, {found}: requested {law}: mean {mean:.3f}, sd {sd:.3f};"
                    f" achieved mean {values.mean():.3f}, sd {values.std():.3f} over {values.size}. KS {distance:.3f} "
                    f"is over {bar:.3f}: {redo}, or raise timing_check.max_ks"
                )
    yield from _onset_problems(onset_errors_s, unheard, config)


def rate_problems(
    rates: Mapping[Measure, float], counted: Mapping[Measure, Tally], config: TimingCheckConfig
) -> Iterator[str]:
    """Yield a line for every rate that is outside the tolerance, and for what was requested but never occurred.

    Args:
        rates: what was requested; 0 is not checked.
        counted: the tallies of all scenes, added up; may lack some.
        config: the tolerance.
    """
    for measure, rate in rates.items():
        tally = counted.get(measure, Tally())
        drawn, alarm = tally.came + tally.dropped, config.false_alarm
        too_few = _at_most(measure, drawn, rate * (1 - config.max_rate_off), tally.chances) < alarm
        too_many = 1 - _at_most(measure, drawn - 1, rate * (1 + config.max_rate_off), tally.chances) < alarm
        never = not tally.came and _at_most(measure, 0, rate, tally.chances) < alarm
        if rate and tally.chances and (too_few or too_many or never):
            of = "minutes" if is_per_minute(measure) else "chances"
            yield (
                f"{measure.what}, {measure.role}, in the plan: requested {rate:g}; achieved {tally.rate:.3f}: "
                f"{tally.came} occurred in {tally.chances:.1f} {of}, {tally.dropped} more found no room. "
                + (
                    "These turns leave no room, or there is nothing to say: see the notes of the dialogues"
                    if never
                    else "The corpus was not made with this rate; change it, or raise timing_check.max_rate_off"
                )
            )


def _at_most(measure: Measure, count: int, rate: float, chances: float) -> float:
    """Return the probability of so many events or fewer: Poisson's, or binomial."""
    from scipy.special import bdtr, pdtr

    if count < 0:
        return 0.0
    if is_per_minute(measure):
        return float(pdtr(count, rate * chances))
    return float(bdtr(min(count, round(chances)), round(chances), min(rate, 1.0)))


def _onset_problems(onset_errors_s: Sequence[float], unheard: int, config: TimingCheckConfig) -> Iterator[str]:
    planned = len(onset_errors_s) + unheard
    if unheard >= _FEWEST and unheard > config.max_unheard * planned:
        yield (
            f"onsets in the audio: {unheard} of {planned} utterances have no audible onset of their own, over "
            f"timing_check.max_unheard {config.max_unheard:g}: listen to the preview; a speaker's turns less than "
            f"0.15 s apart are heard as one"
        )
    if not onset_errors_s:
        return
    errors_s = np.abs(onset_errors_s)
    for name, share, bar in (
        ("max_onset_error_p50_s", 0.5, config.max_onset_error_p50_s),
        ("max_onset_error_p95_s", 0.95, config.max_onset_error_p95_s),
    ):
        error_s = float(np.quantile(errors_s, share))
        # So few onsets have no 95th percentile to speak of: one talker behind one user would be it.
        if error_s > bar and errors_s.size * (1 - share) >= _FEWEST:
            yield (
                f"onsets in the audio: {error_s * 1000:.0f} ms from the plan at {share:.0%} of {errors_s.size}, over "
                f"timing_check.{name} {bar:g}: listen to the preview; noise that drowns out onsets can also cause this"
            )
