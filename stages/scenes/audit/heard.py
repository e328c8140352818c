"""What was planned in a scene versus what is heard in its audio."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from manifests.records import Aside, Event, PlacedTurn, Role, Scene
from stages.scenes.audit.audible import HeardUtterance, SpeechSpan, audible_speech, match_heard
from stages.scenes.audit.echo import without_echo
from stages.scenes.audit.measure import Measure

CHANNELS: tuple[Role, Role] = ("user", "assistant")
"""By their place in a scene's audio."""

LEAST_SNR_DB = 10.0
"""With noise of 3 to 7 dB others are as loud as parts of the user's speech, and one of the user's onsets in five is
heard over 60 ms off; with 8 to 12 dB one in 20."""

Utterance = PlacedTurn | Aside


@dataclass(frozen=True)
class HeardScene:
    """A scene as it was heard.

    Attributes:
        onset_errors_s: of every utterance whose onset was heard, audible minus planned.
        unheard: how many utterances were not, or merge with the speaker's previous one.
        values: what laws decide, measured between what was heard.
    """

    onset_errors_s: tuple[float, ...]
    unheard: int
    values: tuple[tuple[Measure, float], ...]


def can_be_heard(scene: Scene) -> bool:
    """Tell whether the user stands out enough from the noise for a listener to distinguish them."""
    return scene.noise is None or scene.noise.realised_snr_db >= LEAST_SNR_DB


def hear(scene: Scene) -> HeardScene:
    """Listen to both channels of a scene, with its audio.

    An echo of the assistant is taken out of the user's channel first. A room makes the user's speech end late by its
    tail, so there the user's ends, and all that is measured from them, count as not heard.
    """
    spoken = {role: _spoken(scene, role) for role in CHANNELS}
    heard = [pair for role in CHANNELS for pair in _matched(scene, role, spoken[role])]
    errors = tuple(found.start_s - said.start_s for said, found in heard if found.start_s is not None)
    values = tuple(_values(scene, {id(said): found for said, found in heard}, spoken))
    return HeardScene(errors, len(heard) - len(errors), values)


def utterances_heard(scene: Scene, role: Role) -> list[tuple[Utterance, HeardUtterance]]:
    """Return each of a speaker's utterances, planned and heard, in order of onset."""
    return _matched(scene, role, _spoken(scene, role))


def _spoken(scene: Scene, role: Role) -> list[SpeechSpan]:
    channels = dict(zip(CHANNELS, scene.samples.T, strict=True))
    channel = channels[role]
    if role == "user" and scene.acoustics.echo is not None:
        channel = without_echo(channel, channels["assistant"], scene.sample_rate)
    return audible_speech(channel, scene.sample_rate)


def _matched(scene: Scene, role: Role, spoken: Sequence[SpeechSpan]) -> list[tuple[Utterance, HeardUtterance]]:
    everything: tuple[Utterance, ...] = (*scene.turns, *scene.asides)
    said = sorted((one for one in everything if one.role == role), key=lambda one: one.start_s)
    heard = match_heard([SpeechSpan(one.start_s, one.end_s) for one in said], spoken)
    if _ends_late(scene, role):
        heard = [replace(one, end_s=None) for one in heard]
    return list(zip(said, heard, strict=True))


def _ends_late(scene: Scene, role: Role) -> bool:
    return role == "user" and scene.acoustics.room is not None


def _values(
    scene: Scene, heard: dict[int, HeardUtterance], spoken: dict[Role, list[SpeechSpan]]
) -> Iterator[tuple[Measure, float]]:
    """Yield what one scene achieved as `report.achieved` does, where both ends were heard; no shares of turns."""
    turns = [heard[id(turn)] for turn in scene.turns]
    if turns[0].start_s is not None:
        yield Measure("lead_s", "user"), turns[0].start_s
    for event in scene.events:
        if event.offset_s is None:
            continue
        if event.kind == "turn":
            measured = _between(turns[event.turn - 1].end_s, turns[event.turn].start_s)
            measure = Measure("floor_transfer_s", event.role)
        elif event.kind == "interruption":
            measured = _between(turns[event.turn].start_s, turns[event.turn - 1].end_s)
            measure = Measure("interruption.reaction_s", event.role)
        elif event.kind == "pause":
            measured = None if _ends_late(scene, event.role) else _silence(event, spoken[event.role])
            measure = Measure("pause.duration_s", event.role)
        else:
            aside = next((one for one in scene.asides if one.role == event.role and one.start_s == event.start_s), None)
            found = heard[id(aside)] if aside else HeardUtterance(None, None)
            if event.kind == "backchannel":
                delayed = _between(event.start_s, found.start_s)
                measured = None if delayed is None else event.offset_s + delayed
                measure = Measure("backchannel.delay_s", event.role)
            else:
                measured = _between(found.start_s, found.end_s)
                measure = Measure("failed_interruption.give_up_s", event.role)
        if measured is not None:
            yield measure, measured


def _between(start_s: float | None, end_s: float | None) -> float | None:
    return None if start_s is None or end_s is None else end_s - start_s


def _silence(pause: Event, spoken: Sequence[SpeechSpan]) -> float | None:
    """Return how long the silence around a pause lasts; None if it was not heard."""
    middle_s = (pause.start_s + pause.end_s) / 2
    before = max((one.end_s for one in spoken if one.start_s < middle_s), default=None)
    after = min((one.start_s for one in spoken if one.end_s > middle_s), default=None)
    silence_s = _between(before, after)
    return silence_s if silence_s is not None and silence_s > 0 else None
