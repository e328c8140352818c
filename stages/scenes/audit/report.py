"""Requested versus achieved timing: what the laws ask for and what the scenes contain."""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from manifests.card import TimingFigures, TimingRow
from manifests.records import Event
from stages.scenes.audit.goodness import ks_distance
from stages.scenes.audit.measure import Measure, Tally
from stages.scenes.audit.rates import requested_rates, tallies
from stages.scenes.laws import Law, Reals
from stages.scenes.profile import TimingProfile

QUANTILES = (0.1, 0.5, 0.9)


def requested_laws(timing: TimingProfile) -> dict[Measure, Law]:
    """Return the laws of everything that is compared, in the order of the table."""
    interruption, failed = timing.interruption, timing.failed_interruption
    return {
        Measure("lead_s", "user"): timing.lead_s,
        Measure("floor_transfer_s", "assistant"): timing.floor_transfer_s.assistant,
        Measure("floor_transfer_s", "user"): timing.floor_transfer_s.user,
        Measure("interruption.onset", "user"): interruption.onset,
        Measure("interruption.reaction_s", "user"): interruption.reaction_s,
        Measure("failed_interruption.onset", "user"): failed.onset,
        Measure("failed_interruption.give_up_s", "user"): failed.give_up_s,
        Measure("backchannel.delay_s", "user"): timing.backchannel.user.delay_s,
        Measure("backchannel.delay_s", "assistant"): timing.backchannel.assistant.delay_s,
        Measure("pause.duration_s", "user"): timing.pause.user.duration_s,
        Measure("pause.duration_s", "assistant"): timing.pause.assistant.duration_s,
    }


def achieved(events: Sequence[Event]) -> Iterator[tuple[Measure, float]]:
    """Yield what one scene achieved, wherever something was drawn.

    Measured between the events, in seconds, onsets as shares of the turn. A reaction lasts until the end of the turn
    that was stopped, and is 0 if that had ended before, between two phrases; the lead is counted as the user's. The
    events don't record where a backchannel's delay begins, so the drawn delays of those that found room are used.
    """
    turns = {event.turn: event for event in events if event.kind == "turn"}
    for event in events:
        if event.onset is not None:
            yield Measure(f"{event.kind}.onset", event.role), event.onset
        if event.kind == "turn" and event.turn == 0:
            yield Measure("lead_s", "user"), event.start_s
        if event.offset_s is None:
            continue
        if event.kind == "turn":
            yield Measure("floor_transfer_s", event.role), event.start_s - turns[event.turn - 1].end_s
        elif event.kind == "interruption":
            reaction_s = max(turns[event.turn - 1].end_s - event.start_s, 0.0)
            yield Measure("interruption.reaction_s", event.role), reaction_s
        elif event.kind == "backchannel":
            yield Measure("backchannel.delay_s", event.role), event.offset_s
        else:
            until = "pause.duration_s" if event.kind == "pause" else "failed_interruption.give_up_s"
            yield Measure(until, event.role), event.end_s - event.start_s


class SceneTiming(NamedTuple):
    """What a scene says about its timing: its events, the texts of its turns as heard, its notes."""

    events: Sequence[Event]
    texts: Sequence[str]
    notes: Sequence[str]


@dataclass(frozen=True)
class Planned:
    """What the scenes so far contain: the values of every law, and the counts of every rate."""

    values: dict[Measure, "array[float]"]
    rates: dict[Measure, Tally]

    @classmethod
    def of(cls, timing: TimingProfile) -> Self:
        """Return the empty contents: every law and rate of a profile, without values."""
        return cls(
            {measure: array("d") for measure in requested_laws(timing)},
            dict.fromkeys(requested_rates(timing), Tally()),
        )

    def add(self, scene: SceneTiming) -> None:
        """Add what a scene says about its timing."""
        for measure, value in achieved(scene.events):
            self.values.setdefault(measure, array("d")).append(value)
        for measure, tally in tallies(*scene):
            self.rates[measure] = self.rates.get(measure, Tally()) + tally


def planned_in(scenes: Iterable[SceneTiming], timing: TimingProfile) -> Planned:
    """Return what the scenes contain, given in any order and read once."""
    planned = Planned.of(timing)
    for scene in scenes:
        planned.add(scene)
    return planned


def timing_table(
    planned: Mapping[Measure, Sequence[float]], heard: Mapping[Measure, Sequence[float]], timing: TimingProfile
) -> tuple[TimingRow, ...]:
    """Compare what the laws ask for with what the scenes contain and with what is heard in them.

    Requested figures are those of the laws, with truncation, not of the numbers that happened to be drawn; so the
    table shows wrong draws as well as wrong placement.

    Args:
        planned: the values of every law, between the events.
        heard: the same, measured in the audio; may lack some.
        timing: the laws that the scenes were made with.

    Returns:
        a row per law and role, even for what never happened.
    """
    return tuple(
        _row(measure, law, np.asarray(planned[measure], np.float64), np.asarray(heard.get(measure, ()), np.float64))
        for measure, law in requested_laws(timing).items()
    )


def _row(measure: Measure, law: Law, planned: Reals, heard: Reals) -> TimingRow:
    requested = TimingFigures(*law.moments(), *(float(value) for value in law.quantile(QUANTILES)))
    return TimingRow(
        measure.what,
        measure.role,
        len(planned),
        requested,
        _figures(planned),
        ks_distance(planned, law) if len(planned) else None,
        len(heard),
        _figures(heard),
        ks_distance(heard, law) if len(heard) else None,
    )


def _figures(values: Reals) -> TimingFigures | None:
    if not len(values):
        return None
    quantiles = (float(value) for value in np.quantile(values, QUANTILES))
    return TimingFigures(float(values.mean()), float(values.std()), *quantiles)
