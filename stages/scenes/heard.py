"""What was planned in a scene beside what is heard in its audio."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from manifests.records import Aside, Event, PlacedTurn, Role, Scene
from stages.scenes.audible import Heard, Spoken, audible_speech, match_heard
from stages.scenes.report import Measure

CHANNELS: tuple[Role, Role] = ("user", "assistant")
"""By their place in a scene's audio."""

Utterance = PlacedTurn | Aside


@dataclass(frozen=True)
class HeardScene:
    """A scene as it was heard.

    Attributes:
        onset_errors_s: of every utterance whose onset was heard, audible less planned.
        unheard: how many utterances were not, or run into the speaker's own last one.
        values: what laws decide, measured between what was heard.
    """

    onset_errors_s: tuple[float, ...]
    unheard: int
    values: tuple[tuple[Measure, float], ...]


def can_be_heard(scene: Scene) -> bool:
    """Tell whether the user's channel holds the user and noise alone: a room's tail and an echo are heard as speech."""
    return scene.acoustics.room is None and scene.acoustics.echo is None


def hear(scene: Scene) -> HeardScene:
    """Listen to both channels of a scene, with its audio."""
    spoken = {role: audible_speech(scene.samples[:, place], scene.sample_rate) for place, role in enumerate(CHANNELS)}
    heard = [pair for role in CHANNELS for pair in _matched(scene, role, spoken[role])]
    errors = tuple(found.start_s - said.start_s for said, found in heard if found.start_s is not None)
    values = tuple(_values(scene, {id(said): found for said, found in heard}, spoken))
    return HeardScene(errors, len(heard) - len(errors), values)


def utterances_heard(scene: Scene, role: Role) -> list[tuple[Utterance, Heard]]:
    """Return each of a speaker's utterances, planned and heard, in order of onset."""
    return _matched(scene, role, audible_speech(scene.samples[:, CHANNELS.index(role)], scene.sample_rate))


def _matched(scene: Scene, role: Role, spoken: Sequence[Spoken]) -> list[tuple[Utterance, Heard]]:
    everything: tuple[Utterance, ...] = (*scene.turns, *scene.asides)
    said = sorted((one for one in everything if one.role == role), key=lambda one: one.start_s)
    planned = [Spoken(one.start_s, one.end_s) for one in said]
    return list(zip(said, match_heard(planned, spoken), strict=True))


def _values(scene: Scene, heard: dict[int, Heard], spoken: dict[Role, list[Spoken]]) -> Iterator[tuple[Measure, float]]:
    """Yield what one scene achieved as `report.achieved` does, where both ends were heard; no shares of turns."""
    turns = [heard[id(turn)] for turn in scene.turns]
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
            measured = _silence(event, spoken[event.role])
            measure = Measure("pause.duration_s", event.role)
        else:
            aside = next((one for one in scene.asides if one.role == event.role and one.start_s == event.start_s), None)
            found = heard[id(aside)] if aside else Heard(None, None)
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


def _silence(pause: Event, spoken: Sequence[Spoken]) -> float | None:
    """Return how long the silence around a pause lasts; None if it was not heard."""
    middle_s = (pause.start_s + pause.end_s) / 2
    before = max((one.end_s for one in spoken if one.start_s < middle_s), default=None)
    after = min((one.start_s for one in spoken if one.end_s > middle_s), default=None)
    silence_s = _between(before, after)
    return silence_s if silence_s is not None and silence_s > 0 else None
