"""Samples of Full-Duplex-Bench's tasks, cut from held-out dialogues, played through the loop, written and scored."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from manifests.audio import Samples
from manifests.records import Word
from stages.speech.gate.config import AsrConfig
from stages.speech.gate.whisper_judge import WhisperJudge
from stages.units import grid
from stages.voice_activity import find_stretches
from talk.evaluation.clips import BENCH_TASKS, BenchTask, Clip, clips_of
from talk.evaluation.duplex_bench import (
    Outcome,
    TaskScore,
    backchannel_outcome,
    histogram,
    outcome_of,
    summarise_task,
    with_punctuation,
    within_speech,
)
from talk.evaluation.listen import VAD_THRESHOLD, answer
from talk.evaluation.samples import REFERENCE, write_reference, write_sample
from talk.session import USER_RATE
from talk.talker import Talker
from training.evaluation.corpus import HeldOut
from training.evaluation.judge import Answer

LANGUAGE = "en"
"""Of the recogniser that comes along."""
SHORTEST_S, PADDING_S = 0.25, 0.03
"""Silero's own, as the script of `backchannel` uses it."""


class BenchSamples:
    """Plays the samples of one dialogue after another, each into a new conversation; keeps the results, not the audio.

    Removes numbered folders of an earlier evaluation from the tasks' folders: the benchmark's scripts would count
    them.

    Args:
        dialogues: held-out ones.
        limit: samples of a task at most, the first ones.
        seed: of what is drawn in the first sample of a task; each further one has the next.
        folder: that the tasks' folders are written into.

    Attributes:
        answers: what was said behind each interruption where the turn was taken, as it was recognised.
        other_languages: how many dialogues have no sample, because nobody could write down what is answered.

    Raises:
        BuildError: the recogniser's weights are not available.
    """

    def __init__(self, talker: Talker, dialogues: Sequence[HeldOut], limit: int, seed: int, folder: Path) -> None:
        self.answers: list[Answer] = []
        self.other_languages = sum(dialogue.language != LANGUAGE for dialogue in dialogues)
        self._talker, self._dialogues, self._seed, self._folder = talker, dialogues, seed, folder
        self._recogniser = WhisperJudge(AsrConfig())
        self._outcomes: dict[BenchTask, list[Outcome]] = {task: [] for task in BENCH_TASKS}
        self._references: dict[str, list[float]] = {}
        found = [
            clip for place, one in enumerate(dialogues) if one.language == LANGUAGE for clip in clips_of(place, one)
        ]
        self._clips = [clip for task in BENCH_TASKS for clip in [one for one in found if one.task == task][:limit]]
        self._remove_earlier()

    @property
    def chunks(self) -> int:
        """The total number of 400 ms chunks in all samples."""
        return sum(_chunks(clip) for clip in self._clips)

    def play(self, place: int, user: Samples, advance: Callable[[int], None]) -> None:
        """Play, write and score the samples of a dialogue; dialogues come in their order.

        Args:
            place: its number among the held-out ones.
            user: its user's channel, shape (n,), at 16 kHz.
            advance: is told of chunks that were played.
        """
        for clip in self._clips:
            if clip.dialogue == place:
                self._outcomes[clip.task].append(self._play(clip, len(self._outcomes[clip.task]), user))
                advance(_chunks(clip))

    def finish(self) -> list[TaskScore]:
        """Return each task's score, and write what the script of `backchannel` compares with."""
        if self._references:
            write_reference(self._folder, self._references)
        return [summarise_task(task, outcomes) for task, outcomes in self._outcomes.items()]

    def _remove_earlier(self) -> None:
        (self._folder / REFERENCE).unlink(missing_ok=True)
        for task in BENCH_TASKS:
            for left in (self._folder / task).glob("*"):
                if left.name.isdigit() and left.is_dir():
                    shutil.rmtree(left)

    def _play(self, clip: Clip, number: int, user: Samples) -> Outcome:
        heard = clip.heard_in(user, USER_RATE)
        sound = answer(self._talker.session(self._seed + number), heard, clip.tail_s).sound
        _, user_end_s = clip.turn
        words = self._words(sound, user_end_s if clip.task == "user_interruption" else 0.0)
        write_sample(
            self._folder / clip.task / str(number), clip, np.pad(heard, (0, len(sound) - len(heard))), sound, words
        )
        if clip.task == "backchannel":
            self._references[str(number)] = reference = histogram(clip.marks, clip.seconds)
            return backchannel_outcome(_stretches(sound), words, clip.seconds, reference)
        outcome = outcome_of(words, None if clip.task == "pause_handling" else user_end_s)
        if clip.task == "user_interruption" and outcome.took_turn:
            said = (("user", clip.context), ("user", clip.text))
            text = " ".join(word.text for word in words)
            self.answers.append(Answer(self._dialogues[clip.dialogue].dialogue_id, said, text))
        return outcome

    def _words(self, sound: Samples, from_s: float) -> list[Word]:
        """Return the words that are said from some time on; nothing is heard in silence."""
        said = sound[round(from_s * USER_RATE) :]
        if not said.any():
            return []
        heard = self._recogniser.hear(said, USER_RATE, LANGUAGE, full_window=True, timed=True)
        words = within_speech(with_punctuation(heard.words), _stretches(said))
        return [Word(word.text, word.start_s + from_s, word.end_s + from_s) for word in words]


def _stretches(sound: Samples) -> list[tuple[float, float]]:
    """Return where the script of `backchannel` would hear speech, in seconds."""
    if not sound.any():
        return []
    found = find_stretches(sound, USER_RATE, VAD_THRESHOLD, SHORTEST_S, PADDING_S)
    return [(stretch.start / USER_RATE, stretch.end / USER_RATE) for stretch in found]


def _chunks(clip: Clip) -> int:
    return grid.chunks_of(round(clip.seconds * USER_RATE))
