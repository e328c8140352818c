"""How often events occurred per opportunity, versus the rates that the profile asks for. Pure."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from manifests.card import RateRow
from manifests.records import Event, Role
from stages.scenes.audit.measure import Measure, Tally
from stages.scenes.borders import borders_in
from stages.scenes.profile import TimingProfile

_LISTENERS: tuple[tuple[Role, Role], ...] = (("user", "assistant"), ("assistant", "user"))


def requested_rates(timing: TimingProfile) -> dict[Measure, float]:
    """Return every rate of a profile, in the order of the table."""
    return {
        Measure("interruption.rate", "user"): timing.interruption.rate,
        Measure("failed_interruption.rate", "user"): timing.failed_interruption.rate,
        Measure("backchannel.per_minute", "user"): timing.backchannel.user.per_minute,
        Measure("backchannel.per_minute", "assistant"): timing.backchannel.assistant.per_minute,
        Measure("pause.rate", "user"): timing.pause.user.rate,
        Measure("pause.rate", "assistant"): timing.pause.assistant.rate,
    }


def tallies(events: Sequence[Event], texts: Sequence[str], notes: Sequence[str]) -> Iterator[tuple[Measure, Tally]]:
    """Yield what one scene has of every rate; nothing of those whose place the script took.

    Args:
        events: of the scene.
        texts: of its turns, as far as they are heard.
        notes: of the scene, which tell what the script marks and what was dropped.
    """
    came = Counter((event.kind, event.role) for event in events)
    noted = Counter(notes)
    turns = sorted((event for event in events if event.kind == "turn"), key=lambda event: event.turn)
    answers = sum(before.role == "assistant" and after.role == "user" for before, after in pairwise(turns))
    interrupted, dropped = came["interruption", "user"], noted["interruption_dropped"]
    if noted["interruption_by_script"]:
        answers -= interrupted + dropped  # whoever is to interrupt by the script tries nothing in vain
    else:
        yield Measure("interruption.rate", "user"), Tally(interrupted, answers, dropped)
    failed = came["failed_interruption", "user"]
    yield Measure("failed_interruption.rate", "user"), Tally(failed, answers, noted["failed_interruption_dropped"])
    for role, other in _LISTENERS:
        if not noted[f"backchannel_by_script:{role}"]:
            dropped = noted[f"backchannel_dropped:{role}"]
            said = Tally(came["backchannel", role], _spoken_s(events, other) / 60, dropped)
            yield Measure("backchannel.per_minute", role), said
        borders = sum(borders_in(text) for turn, text in zip(turns, texts, strict=False) if turn.role == role)
        yield Measure("pause.rate", role), Tally(came["pause", role], borders)


def rate_table(counted: Mapping[Measure, Tally], timing: TimingProfile) -> tuple[RateRow, ...]:
    """Return a row for every requested rate, whether or not anything occurred, and for everything that did.

    Args:
        counted: the tallies of all scenes, added up; may lack some.
        timing: that the scenes were made with.
    """
    rows = []
    for measure, requested in requested_rates(timing).items():
        tally = counted.get(measure, Tally())
        if requested or tally.came:
            by_chance = _by_chance(measure, requested, tally.chances) if tally.chances else None
            achieved = tally.rate if tally.chances else None
            counts = tally.came, tally.chances, tally.dropped
            rows.append(RateRow(measure.what, measure.role, requested, by_chance, achieved, *counts))
    return tuple(rows)


def is_per_minute(measure: Measure) -> bool:
    """Tell whether a rate counts events in time, and not a share of chances."""
    return measure.what.endswith(".per_minute")


def _by_chance(measure: Measure, rate: float, chances: float) -> float:
    variance = rate if is_per_minute(measure) else rate * (1 - rate)
    return 2 * math.sqrt(variance / chances)


def _spoken_s(events: Sequence[Event], role: Role) -> float:
    """Return how long a role's turns last without their pauses."""
    signs = {"turn": 1, "pause": -1}
    return sum(signs.get(event.kind, 0) * (event.end_s - event.start_s) for event in events if event.role == role)
