"""The scenes stage: spoken dialogues in, finished two-channel scenes out."""

import logging
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from manifests.audio import Samples
from manifests.errors import BuildError, RejectedError
from manifests.randomness import generator
from manifests.records import (
    EngineInfo,
    NoiseMix,
    PlacedTurn,
    Reject,
    Role,
    Scene,
    SpokenDialogue,
    SpokenTurn,
    Word,
)
from noise import BUILTIN_VERSION, SILENCE_POWER, Catalogue, Mixed, NoiseFile, active_power, limit, loop, mix
from stages.base import process_each
from stages.scenes.config import ScenesConfig
from stages.scenes.draws import draw_timing
from stages.scenes.planning import Placement, ScenePlan, Utterance, plan_scene
from stages.scenes.render import lay, speech_bounds
from stages.scenes.words import WORDS_FROM

logger = logging.getLogger(__name__)

STRETCHES = 4
"""How many stretches of a recording are tried before it counts as silent: a dog does not bark all the time."""

CHANNELS: tuple[Role, Role] = ("user", "assistant")


def engines(config: ScenesConfig) -> tuple[EngineInfo, ...]:
    """Return the source of noise, if there is one; a folder's content is told apart by `Catalogue.digest`."""
    if config.noise.source == "builtin":
        name, licence = f"built-in generator {BUILTIN_VERSION}", "Apache-2.0"
        return (EngineInfo("noise", name, "synthetic noise and babble", licence, BUILTIN_VERSION),)
    if config.noise.source == "folder":
        return (EngineInfo("noise", "folder", config.noise.path or "", "as the folder's own files say", ""),)
    return ()


class SceneStage:
    """Times the turns of each dialogue, lays them onto two channels and puts noise behind the user.

    Args:
        config: timing, noise and fades.
        seed: the run's.
        catalogue: the noise to draw from; None only with ``noise.source: none``.

    Raises:
        BuildError: the config wants noise and there is no catalogue.
    """

    def __init__(self, config: ScenesConfig, seed: int, catalogue: Catalogue | None) -> None:
        if catalogue is None and config.noise.source != "none":
            raise BuildError(f"noise.source is {config.noise.source!r} but no noise folder was opened")
        self._config = config
        self._seed = seed
        self._catalogue = None if config.noise.source == "none" else catalogue

    def process(self, items: Sequence[SpokenDialogue]) -> Iterator[Scene | Reject]:
        """Yield each dialogue's scene, or its reject, in order.

        Rejects: ``no_turns``, ``no_speech`` (a turn whose bounds hold nothing, or silence),
        ``speech_not_finite``.

        Raises:
            BuildError: a timing law can't be drawn, or no noise file can be used.
        """
        return process_each("scenes", items, lambda dialogue: dialogue.slot, self._scene)

    def _scene(self, dialogue: SpokenDialogue) -> Scene:
        rate = dialogue.sample_rate
        timing = self._config.timing
        utterances = [_utterance(index, turn, rate) for index, turn in enumerate(dialogue.turns)]
        if not utterances:
            raise RejectedError("no_turns", dialogue.slot.dialogue_id)
        draws = draw_timing(
            [turn.turn for turn in dialogue.turns],
            timing,
            generator(self._seed, "scenes/timing", dialogue.slot.index),
        )
        plan = plan_scene(utterances, draws.turns, round(timing.tail_s * rate), rate)
        notes = [*plan.notes, *(f"redrawn:{name}" for name, times in draws.redrawn for _ in range(times))]

        user, assistant = (self._channel(dialogue, plan, role) for role in CHANNELS)
        mixed, noise = self._noisy(dialogue, plan, user, notes)
        if limit(assistant) < 1:
            notes.append("assistant_gain_reduced")
        return Scene(
            slot=dialogue.slot,
            language=dialogue.language,
            source=dialogue.source,
            sample_rate=rate,
            samples=np.stack((mixed, assistant), axis=1),
            turns=tuple(
                _placed(turn, placement, rate)
                for turn, placement in zip(dialogue.turns, plan.placements, strict=True)
            ),
            events=plan.events,
            noise=noise,
            words_from=WORDS_FROM,
            notes=tuple(notes),
        )

    def _channel(self, dialogue: SpokenDialogue, plan: ScenePlan, role: Role) -> Samples:
        """Return one speaker's clean channel, shape (plan.length_samples,)."""
        channel = np.zeros(plan.length_samples, np.float32)
        for turn, placement in zip(dialogue.turns, plan.placements, strict=True):
            if turn.turn.role == role:
                lay(channel, turn, placement, dialogue.sample_rate, self._config.edge_s, self._config.cut_fade_s)
        return channel

    def _noisy(
        self, dialogue: SpokenDialogue, plan: ScenePlan, clean: Samples, notes: list[str]
    ) -> tuple[Samples, NoiseMix | None]:
        """Return the user's channel with noise; every unusable file on the way becomes a note and a log line."""
        if self._catalogue is None:
            if limit(clean) < 1:
                notes.append("user_gain_reduced")
            return clean, None
        rate, snr = dialogue.sample_rate, self._config.noise.snr_db
        bounds = [
            (placement.start_samples, placement.end_samples)
            for turn, placement in zip(dialogue.turns, plan.placements, strict=True)
            if turn.turn.role == "user"
        ]
        chance = generator(self._seed, "scenes/noise", dialogue.slot.index)
        snr_db = float(chance.uniform(snr.min, snr.max))
        for file in self._catalogue.candidates(chance):
            positions = chance.random(STRETCHES)
            try:
                mixed = self._mix_file(file, positions, clean, bounds, snr_db, rate)
            except RejectedError as fault:
                if fault.reason == "speech_silent":
                    raise
                logger.warning("%s: noise passed over: %s", dialogue.slot.dialogue_id, fault)
                notes.append(f"{fault.reason}:{file.path}")
                continue
            if mixed.gain < 1:
                notes.append("user_gain_reduced")
            return mixed.samples, NoiseMix(file.path, file.category, snr_db, mixed.realised_snr_db)
        raise BuildError(
            f"none of the {len(self._catalogue.files)} noise files below {self._catalogue.root!r} can be used, the "
            f"last because of {notes[-1]!r}: mend the folder or set noise.source: builtin"
        )

    def _mix_file(
        self,
        file: NoiseFile,
        positions: Iterable[float],
        clean: Samples,
        bounds: Sequence[tuple[int, int]],
        snr_db: float,
        rate: int,
    ) -> Mixed:
        """Mix with the first stretch of a recording that is not silent; `positions` are tried in turn."""
        assert self._catalogue is not None
        for position in positions:
            recording = self._catalogue.read(file, rate, len(clean), position)
            start = int(position * len(recording))
            noise = loop(recording, len(clean), start, round(self._config.noise.crossfade_s * rate))
            try:
                return mix(clean, bounds, noise, snr_db)
            except RejectedError as fault:
                if fault.reason != "noise_silent":
                    raise
        raise RejectedError("noise_silent", file.path)


def _utterance(index: int, turn: SpokenTurn, rate: int) -> Utterance:
    start, end = speech_bounds(turn, rate)
    power = active_power(turn.samples, [(start, end)])
    if not np.isfinite(power):
        raise RejectedError("speech_not_finite", f"turn {index}: NaN or infinity among its samples")
    if power < SILENCE_POWER:
        raise RejectedError(
            "no_speech", f"turn {index}: nothing between {turn.speech_start_s:g} s and {turn.speech_end_s:g} s"
        )
    return Utterance(turn.turn, end - start)


def _placed(turn: SpokenTurn, placement: Placement, rate: int) -> PlacedTurn:
    words = tuple(Word(word.text, word.start_samples / rate, word.end_samples / rate) for word in placement.words)
    start_s, end_s = placement.start_samples / rate, placement.end_samples / rate
    return PlacedTurn(turn.turn.role, placement.text, turn.voice, start_s, end_s, words, placement.cut)
