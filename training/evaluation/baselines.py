"""Baselines: assistants that hear nothing of the user, scored in the same way."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from manifests.randomness import generator
from training.evaluation.turn_taking import stretches
from training.loop.voicing import Voiced


@dataclass(frozen=True)
class TalkHabits:
    """How an assistant's speech is distributed in time, whatever the user does.

    Attributes:
        talk_frames: mean length of a stretch of speech.
        silent_frames: mean length of the silence between two.
    """

    talk_frames: float
    silent_frames: float

    @property
    def talk_share(self) -> float:
        """The share of time with speech."""
        return self.talk_frames / (self.talk_frames + self.silent_frames)


def habits_of(dialogues: Sequence[Voiced]) -> TalkHabits:
    """Return the habits of the assistant in some dialogues; at least one of them must hold speech and silence.

    Raises:
        ValueError: none does.
    """
    talk = sum(int(voiced.sum()) for voiced in dialogues)
    silent = sum(len(voiced) for voiced in dialogues) - talk
    talks = sum(len(stretches(voiced)) for voiced in dialogues)
    silences = sum(len(stretches(~voiced)) for voiced in dialogues)
    if not talks or not silences:
        raise ValueError(f"{len(dialogues)} dialogues hold {talks} stretches of speech and {silences} of silence")
    return TalkHabits(talk / talks, silent / silences)


def always_silent(frames: int) -> Voiced:
    """Return an assistant that never speaks."""
    return np.zeros(frames, np.bool_)


def always_talking(frames: int) -> Voiced:
    """Return an assistant that never stops."""
    return np.ones(frames, np.bool_)


def at_random(frames: int, habits: TalkHabits, seed: int, place: int) -> Voiced:
    """Return an assistant that starts and stops by chance: a Markov chain with the habits' mean stretches.

    Args:
        frames: how many.
        habits: of the training split.
        seed, place: the run's seed, and the number of what is answered.
    """
    draws = generator(seed, "random-baseline", place).random(frames + 1)
    voiced = np.zeros(frames, np.bool_)
    talking = bool(draws[0] < habits.talk_share)
    for frame, draw in enumerate(draws[1:]):
        voiced[frame] = talking
        talking ^= bool(draw < 1 / (habits.talk_frames if talking else habits.silent_frames))
    return voiced
