"""What a profile is based on, measured in conversations: values for the laws, counts for the rates."""

from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from manifests.records import Role
from stages.scenes.audit.measure import Measure, Tally
from stages.scenes.borders import borders_in, phrase_ends
from stages.scenes.fit.ipus import Ipu
from stages.scenes.fit.transitions import FloorTransfer, OverlapInside, Pause, transitions
from stages.written_words import split_words

LONGEST_SILENCE_S = 10.0
"""A longer one is the end of a talk and the beginning of another: neither a pause nor a floor transfer."""
LONGEST_DELAY_S = 2.0
"""A backchannel that nothing ended before within this time answers no phrase."""
PHRASE_S = 2.5
"""Speech between two phrase borders, about eight words: where no punctuation tells."""


@dataclass(frozen=True)
class IpuConversation:
    """A conversation of two speakers as IPUs.

    Attributes:
        ipus: by onset, backchannels marked.
        roles: of each speaker: one, or both where speakers are pooled.
    """

    ipus: Sequence[Ipu]
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


def measure(conversations: Iterable[IpuConversation]) -> Measurement:
    """Measure conversations; read once.

    An overlap at a speaker change counts among the floor transfers and, as long as the other keeps talking, among the
    reactions; one inside an IPU of the other's is an attempt to interrupt.
    """
    measured = Measurement()
    for conversation in conversations:
        for speaker, roles in conversation.roles.items():
            own = [ipu for ipu in conversation.ipus if ipu.speaker == speaker]
            others = [ipu for ipu in conversation.ipus if ipu.speaker != speaker]
            for role in roles:
                _add_backchannels(measured, role, own, others)
                measured.add_tally("pause.rate", role, Tally(0, _borders_inside(own)))
        for transition in transitions(conversation.ipus):
            for role in conversation.roles[transition.speaker]:
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


def _add_backchannels(measured: Measurement, role: Role, own: Sequence[Ipu], others: Sequence[Ipu]) -> None:
    """Count backchannels over the minutes of the other's speech; time them from the end of its last word, or IPU."""
    said = [ipu for ipu in own if ipu.backchannel]
    minutes = sum(ipu.end_s - ipu.start_s for ipu in others if not ipu.backchannel) / 60
    measured.add_tally("backchannel.per_minute", role, Tally(len(said), minutes))
    ended = sorted(end for ipu in others for end in ipu.inner_ends_s)
    for ipu in said:
        before = bisect_right(ended, ipu.start_s) - 1
        if before >= 0 and ipu.start_s - ended[before] <= LONGEST_DELAY_S:
            measured.add_value("backchannel.delay_s", role, ipu.start_s - ended[before])


def _borders_inside(own: Sequence[Ipu]) -> float:
    """Return how many phrases end inside a speaker's IPUs: by punctuation; if there is none in any, by length."""
    ipus = [ipu for ipu in own if not ipu.backchannel]
    texts = [ipu.text or "" for ipu in ipus]
    if any(phrase_ends([word.text for word in split_words(text)]) for text in texts):
        return sum(map(borders_in, texts))
    return sum(ipu.end_s - ipu.start_s for ipu in ipus) / PHRASE_S
