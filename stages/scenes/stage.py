"""The scenes stage: spoken dialogues in, finished two-channel scenes out."""

import math
from collections.abc import Iterable, Iterator

import numpy as np

from manifests.audio import Samples
from manifests.errors import BuildError, RejectedError
from manifests.randomness import generator
from manifests.records import (
    Aside,
    EngineInfo,
    PlacedTurn,
    Reject,
    Role,
    Scene,
    SpokenDialogue,
    SpokenTurn,
    Word,
)
from noise import BUILTIN_VERSION, SILENCE_POWER, Catalogue, limit, mean_square
from stages.base import process_each
from stages.scenes.acoustics import UserChannel, open_rooms, require_pyroomacoustics
from stages.scenes.asides import PlacedAside
from stages.scenes.background import Backgrounds
from stages.scenes.borders import phrase_borders
from stages.scenes.config import ScenesConfig
from stages.scenes.draws import draw_timing
from stages.scenes.placement import Placement
from stages.scenes.planning import ScenePlan, plan_scene
from stages.scenes.render import lay, speech_bounds
from stages.scenes.utterance import Utterance
from stages.scenes.words import timed_words

CHANNELS: tuple[Role, Role] = ("user", "assistant")


def engines(config: ScenesConfig) -> tuple[EngineInfo, ...]:
    """Return the sources of noise and of rooms, if any; a folder is identified by its digest.

    Raises:
        BuildError: rooms are to be simulated and pyroomacoustics is not installed.
    """
    found = []
    if config.noise.source == "builtin":
        name, licence = f"built-in generator {BUILTIN_VERSION}", "Apache-2.0"
        found.append(EngineInfo("noise", name, "synthetic noise and babble", licence, BUILTIN_VERSION))
    if config.noise.source == "folder":
        found.append(EngineInfo("noise", "folder", config.noise.path or "", "as the folder's own files say", ""))
    room = config.acoustics.room
    if room.share > 0 and room.source == "folder":
        found.append(EngineInfo("rooms", "folder", room.path or "", "as the folder's own files say", ""))
    if room.share > 0 and room.source == "shoebox":
        engine = require_pyroomacoustics()
        found.append(EngineInfo("rooms", engine, "image sources in a shoebox", "MIT", engine))
    return tuple(found)


def remarks(config: ScenesConfig) -> tuple[str, ...]:
    """Return what a user of the corpus should know about what is heard besides its turns."""
    if config.noise.source != "folder":
        return ()
    return (
        "The noise comes from a folder of recordings, in which recorded people may be heard; the folder's licence also "
        "applies to the corpus.",
    )


class SceneStage:
    """Times the turns of each dialogue, places them on two channels and adds the user's surroundings.

    Args:
        config: timing, noise, acoustics and fades.
        seed: the run's.
        catalogue: the noise to draw from; None only with ``noise.source: none``.

    Raises:
        BuildError: the config asks for noise and there is no catalogue, or for rooms and they are unavailable.
    """

    def __init__(self, config: ScenesConfig, seed: int, catalogue: Catalogue | None) -> None:
        self._config = config
        self._seed = seed
        backgrounds = None
        if config.noise.source != "none":
            if catalogue is None:
                raise BuildError(f"scenes.noise.source is {config.noise.source!r} but no noise folder was opened")
            backgrounds = Backgrounds(catalogue, config.noise)
        rooms = open_rooms(config.acoustics.room) if config.acoustics.room.share > 0 else None
        self._user_channel = UserChannel(config.acoustics, seed, backgrounds, rooms)

    def process(self, items: Iterable[SpokenDialogue]) -> Iterator[Scene | Reject]:
        """Yield each dialogue's scene, or its reject, in order.

        Rejects: ``no_turns``, ``no_speech`` (a turn whose bounds contain nothing, or silence),
        ``speech_not_finite``.

        Raises:
            BuildError: a timing law can't be drawn, or no noise file or room can be used.
        """
        return process_each("scenes", items, lambda dialogue: dialogue.slot, self._scene)

    def _scene(self, dialogue: SpokenDialogue) -> Scene:
        rate = dialogue.sample_rate
        timing = self._config.timing
        turns = [_utterance(f"turn {index}", turn, rate) for index, turn in enumerate(dialogue.turns)]
        if not turns:
            raise RejectedError("no_turns", dialogue.slot.dialogue_id)
        backchannels = [_utterance(f"backchannel {clip.turn.text!r}", clip, rate) for clip in dialogue.backchannels]
        rng = generator(self._seed, "scenes/timing", dialogue.slot.index)
        draws = draw_timing(turns, backchannels, timing, rate, rng)
        plan = plan_scene(turns, backchannels, draws.turns, round(timing.tail_s * rate), rate)
        notes = [
            *plan.notes,
            *draws.notes,
            *(f"redrawn:{name}" for name, times in draws.redrawn for _ in range(times)),
        ]

        # One row a channel, and both in one place: to join them afterwards takes longer than to mix the noise.
        channels = np.zeros((len(CHANNELS), plan.length_samples), np.float32)
        for channel, role in zip(channels, CHANNELS, strict=True):
            self._say(channel, dialogue, plan, role)
        user, assistant = channels
        if limit(assistant) < 1:
            notes.append("assistant_gain_reduced")
        heard = self._user_channel.hear(user, _user_bounds(plan), assistant, rate, dialogue.slot.index)
        if heard.samples is not user:
            user[:] = heard.samples
        notes += heard.notes
        return Scene(
            slot=dialogue.slot,
            language=dialogue.language,
            source=dialogue.source,
            sample_rate=rate,
            samples=channels.T,
            turns=tuple(
                _placed(turn, placement, rate) for turn, placement in zip(dialogue.turns, plan.placements, strict=True)
            ),
            events=plan.events,
            noise=heard.noise,
            notes=tuple(notes),
            acoustics=heard.acoustics,
            asides=tuple(_aside(dialogue, aside, rate) for aside in plan.asides),
        )

    def _say(self, channel: Samples, dialogue: SpokenDialogue, plan: ScenePlan, role: Role) -> None:
        """Add all that one speaker says to its channel, shape (plan.length_samples,)."""
        for turn, placement in zip(dialogue.turns, plan.placements, strict=True):
            if turn.turn.role == role:
                self._lay(channel, turn, placement, dialogue.sample_rate)
        for aside in plan.asides:
            if aside.role == role:
                self._lay(channel, _clip_of(dialogue, aside), aside.placement, dialogue.sample_rate)

    def _lay(self, channel: Samples, clip: SpokenTurn, placement: Placement, rate: int) -> None:
        lay(channel, clip, placement, rate, self._config.edge_s, self._config.cut_fade_s)


def _utterance(name: str, turn: SpokenTurn, rate: int) -> Utterance:
    start, end = speech_bounds(turn, rate)
    before, speech, after = turn.samples[:start], turn.samples[start:end], turn.samples[end:]
    power = mean_square(speech)
    if not math.isfinite(power + mean_square(before) + mean_square(after)):
        raise RejectedError("speech_not_finite", f"{name}: NaN, infinity or samples without a power")
    if power < SILENCE_POWER:
        raise RejectedError(
            "no_speech", f"{name}: nothing between {turn.speech_start_s:g} s and {turn.speech_end_s:g} s"
        )
    words = timed_words(turn, start, end, rate)
    return Utterance(turn.turn, end - start, words, phrase_borders(words, speech, rate))


def _user_bounds(plan: ScenePlan) -> list[tuple[int, int]]:
    """Return where the user speaks: in turns, without the pauses that were set, and beside them."""
    said = [*plan.placements, *(aside.placement for aside in plan.asides)]
    return [stretch for placement in said if placement.utterance.turn.role == "user" for stretch in placement.stretches]


def _clip_of(dialogue: SpokenDialogue, aside: PlacedAside) -> SpokenTurn:
    return dialogue.turns[aside.turn] if aside.clip is None else dialogue.backchannels[aside.clip]


def _placed(turn: SpokenTurn, placement: Placement, rate: int) -> PlacedTurn:
    start_s, end_s = placement.start_samples / rate, placement.end_samples / rate
    words = _words(placement, rate)
    return PlacedTurn(
        turn.turn.role,
        placement.text,
        turn.turn.text,
        turn.voice,
        start_s,
        end_s,
        words,
        turn.words_from,
        placement.cut,
        turn.scores,
    )


def _aside(dialogue: SpokenDialogue, aside: PlacedAside, rate: int) -> Aside:
    placement, clip = aside.placement, _clip_of(dialogue, aside)
    return Aside(
        aside.kind,
        aside.role,
        aside.turn,
        placement.text,
        clip.voice,
        placement.start_samples / rate,
        placement.end_samples / rate,
        _words(placement, rate),
        clip.words_from,
        placement.cut,
    )


def _words(placement: Placement, rate: int) -> tuple[Word, ...]:
    return tuple(Word(word.text, word.start_samples / rate, word.end_samples / rate) for word in placement.words)
