"""What a profile is made of, measured in conversations: values for the laws, counts for the rates."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from manifests.records import Role
from stages.scenes.fit.transitions import FloorTransfer, OverlapInside, Pause, transitions
from stages.scenes.fit.units import Unit

LONGEST_SILENCE_S = 10.0
"""A longer one is the end of a talk and the beginning of another: neither a pause nor a floor transfer."""
LONGEST_DELAY_S = 2.0
"""A backchannel that nothing ended before within this time answers no phrase."""
PHRASE_S = 2.5
"""Speech between two phrase borders, about eight words: where no punctuation tells."""
_BORDER = re.compile(r"[,.;:?!](?=\s)|[\u3001\u3002\uff0c\uff1b\uff1a\uff1f\uff01](?=.)")


@dataclass(frozen=True)
class Heard:
    """A conversation of two speakers as units.

    Attributes:
        units: by onset, backchannels told apart.
        roles: of each speaker: one, or both where speakers are pooled.
    """

    units: Sequence[Unit]
    roles: Mapping[str, Sequence[Role]]


@dataclass
class RoleMeasurement:
    """What one role does in all conversations; seconds but for counts and `overlap_onsets`.

    Attributes:
        floor_transfers: its onsets after the other's end; negative is an overlap.
        pauses: silences between its own units, where it keeps the floor.
        overlaps: how long the other goes on when this role takes the floor before the other's end.
        overlaps_inside: how long it speaks within a unit of the other's, who goes on.
        overlap_onsets: where in the other's unit those begin, from 0 to 1.
        delays: of its backchannels after the last word, or unit, that the other had ended.
        backchannels: how many it says.
        speech_s: of its units, backchannels left out.
        borders: phrase borders in its speech, pauses among them.
    """

    floor_transfers: list[float] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    overlaps: list[float] = field(default_factory=list)
    overlaps_inside: list[float] = field(default_factory=list)
    overlap_onsets: list[float] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    backchannels: int = 0
    speech_s: float = 0.0
    borders: float = 0.0


Measurement = Mapping[Role, RoleMeasurement]


def measure(conversations: Iterable[Heard]) -> Measurement:
    """Measure conversations; read once."""
    measured: Measurement = {"user": RoleMeasurement(), "assistant": RoleMeasurement()}
    for heard in conversations:
        ended = {
            speaker: sorted(end for unit in heard.units if unit.speaker != speaker for end in unit.inner_ends_s)
            for speaker in heard.roles
        }
        for unit in heard.units:
            for role in heard.roles[unit.speaker]:
                if unit.backchannel:
                    _add_backchannel(measured[role], unit, ended[unit.speaker])
                else:
                    measured[role].speech_s += unit.end_s - unit.start_s
                    measured[role].borders += _borders_inside(unit)
        for transition in transitions(heard.units):
            for role in heard.roles[transition.speaker]:
                _add_transition(measured[role], transition)
    return measured


def _add_transition(measured: RoleMeasurement, transition: FloorTransfer | Pause | OverlapInside) -> None:
    if isinstance(transition, OverlapInside):
        measured.overlaps_inside.append(transition.duration_s)
        measured.overlap_onsets.append(transition.onset)
    elif isinstance(transition, Pause):
        if transition.duration_s <= LONGEST_SILENCE_S:
            measured.pauses.append(transition.duration_s)
            measured.borders += 1
    elif transition.offset_s <= LONGEST_SILENCE_S:
        measured.floor_transfers.append(transition.offset_s)
        if transition.offset_s < 0:
            measured.overlaps.append(-transition.offset_s)


def _add_backchannel(measured: RoleMeasurement, said: Unit, ended: Sequence[float]) -> None:
    """Count a backchannel; `ended` are the ends of what the other says, ascending."""
    measured.backchannels += 1
    before = bisect_right(ended, said.start_s) - 1
    if before >= 0 and said.start_s - ended[before] <= LONGEST_DELAY_S:
        measured.delays.append(said.start_s - ended[before])


def _borders_inside(unit: Unit) -> float:
    """Return how many phrases end inside a unit: by its punctuation if it has any, else by its length."""
    found = len(_BORDER.findall(unit.text)) if unit.text else 0
    return found or (unit.end_s - unit.start_s) / PHRASE_S
