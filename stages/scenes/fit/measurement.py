"""What a profile is made of, measured in conversations: values for the laws, counts for the rates."""

from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from manifests.records import Role
from stages.scenes.audit.measure import Measure, Tally
from stages.scenes.borders import borders_in, phrase_ends
from stages.scenes.fit.transitions import FloorTransfer, OverlapInside, Pause, transitions
from stages.scenes.fit.units import Unit
from stages.written_words import split_words

LONGEST_SILENCE_S = 10.0
"""A longer one is the end of a talk and the beginning of another: neither a pause nor a floor transfer."""
LONGEST_DELAY_S = 2.0
"""A backchannel that nothing ended before within this time answers no phrase."""
PHRASE_S = 2.5
"""Speech between two phrase borders, about eight words: where no punctuation tells."""


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
class Measurement:
    """What both roles do in all conversations.

    Attributes:
        values: for the laws, in seconds or as shares of a turn.
        rates: counts, and chances, for the rates.
    """

    values: dict[Measure, "array[float]"] = field(default_factory=lambda: defaultdict(lambda: array("d")))
    rates: dict[Measure, Tally] = field(default_factory=lambda: defaultdict(Tally))

    def add_value(self, what: str, role: Role, value: float) -> None:
        """Add a value for a law."""
        self.values[Measure(what, role)].append(value)

    def add_tally(self, what: str, role: Role, tally: Tally) -> None:
        """Add to the counts of a rate."""
        self.rates[Measure(what, role)] += tally


def measure(conversations: Iterable[Heard]) -> Measurement:
    """Measure conversations; read once.

    An overlap at a change of speaker counts among the floor transfers and, as long as the other goes on, among the
    reactions; one inside a unit of the other's is an attempt to interrupt.
    """
    measured = Measurement()
    for heard in conversations:
        for speaker, roles in heard.roles.items():
            own = [unit for unit in heard.units if unit.speaker == speaker]
            others = [unit for unit in heard.units if unit.speaker != speaker]
            for role in roles:
                _add_backchannels(measured, role, own, others)
                measured.add_tally("pause.rate", role, Tally(0, _borders_inside(own)))
        for transition in transitions(heard.units):
            for role in heard.roles[transition.speaker]:
                _add_transition(measured, role, transition)
    return measured


def _add_transition(measured: Measurement, role: Role, transition: FloorTransfer | Pause | OverlapInside) -> None:
    if isinstance(transition, OverlapInside):
        measured.add_tally("failed_interruption.rate", role, Tally(1))
        measured.add_value("failed_interruption.give_up_s", role, transition.duration_s)
        for kind in ("interruption", "failed_interruption"):
            measured.add_value(f"{kind}.onset", role, transition.onset)
    elif isinstance(transition, Pause):
        if transition.duration_s <= LONGEST_SILENCE_S:
            measured.add_value("pause.duration_s", role, transition.duration_s)
            measured.add_tally("pause.rate", role, Tally(1, 1))
    elif transition.offset_s <= LONGEST_SILENCE_S:
        measured.add_tally("failed_interruption.rate", role, Tally(0, 1))
        measured.add_value("floor_transfer_s", role, transition.offset_s)
        if transition.offset_s < 0:
            measured.add_value("interruption.reaction_s", role, -transition.offset_s)


def _add_backchannels(measured: Measurement, role: Role, own: Sequence[Unit], others: Sequence[Unit]) -> None:
    """Count backchannels over the minutes of the other's speech; time them from the end of its last word, or unit."""
    said = [unit for unit in own if unit.backchannel]
    minutes = sum(unit.end_s - unit.start_s for unit in others if not unit.backchannel) / 60
    measured.add_tally("backchannel.per_minute", role, Tally(len(said), minutes))
    ended = sorted(end for unit in others for end in unit.inner_ends_s)
    for unit in said:
        before = bisect_right(ended, unit.start_s) - 1
        if before >= 0 and unit.start_s - ended[before] <= LONGEST_DELAY_S:
            measured.add_value("backchannel.delay_s", role, unit.start_s - ended[before])


def _borders_inside(own: Sequence[Unit]) -> float:
    """Return how many phrases end inside a speaker's units: by punctuation; if there is none in any, by length."""
    units = [unit for unit in own if not unit.backchannel]
    texts = [unit.text or "" for unit in units]
    if any(phrase_ends([word.text for word in split_words(text)]) for text in texts):
        return sum(map(borders_in, texts))
    return sum(unit.end_s - unit.start_s for unit in units) / PHRASE_S
