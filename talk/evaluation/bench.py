"""Samples of Full-Duplex-Bench's tasks, cut from held-out dialogues, played through the loop, written and scored."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console

from manifests.audio import Samples
from manifests.records import Word
from stages.speech.gate.config import AsrConfig
from stages.speech.gate.whisper_judge import WhisperJudge
from stages.voice_activity import find_stretches
from talk.evaluation.clips import BENCH_TASKS, BenchTask, Clip, clips_of
from talk.evaluation.duplex_bench import (
    Outcome,
    TaskScore,
    backchannel_outcome,
    histogram,
    outcome_of,
    summarise_task,
)
from talk.evaluation.listen import VAD_THRESHOLD, answer
from talk.evaluation.samples import write_reference, write_sample
from talk.session import USER_RATE
from talk.talker import Talker
from training.evaluation.corpus import HeldOut
from training.evaluation.progress import part

LANGUAGE = "en"
"""Of the recogniser that comes along."""


def run_bench(
    console: Console,
    talker: Talker,
    dialogues: Sequence[HeldOut],
    users: Sequence[Samples],
    limit: int,
    seed: int,
    folder: Path,
) -> list[TaskScore]:
    """Return each task's score, and write its samples below `folder`.

    Args:
        dialogues, users: held-out ones, and their users' channels, shape (n,), at 16 kHz.
        limit: samples of a task at most, the first ones.
        seed: of what is drawn in the first sample; each further one has the next.
    """
    clips: dict[BenchTask, list[Clip]] = {task: [] for task in BENCH_TASKS}
    for place, dialogue in enumerate(dialogues):
        if dialogue.language == LANGUAGE:
            for clip in clips_of(place, dialogue):
                clips[clip.task].append(clip)
    chosen = {task: found[:limit] for task, found in clips.items()}
    judge = WhisperJudge(AsrConfig())
    scores = []
    with part(console, "samples of four tasks", sum(map(len, chosen.values())), "samples") as (advance, _):
        for task, found in chosen.items():
            outcomes: list[Outcome] = []
            for number, clip in enumerate(found):
                sample = folder / task / str(number)
                outcomes.append(_play(talker, clip, users[clip.dialogue], seed + number, judge, sample))
                advance(1)
            if task == "backchannel" and found:
                write_reference(folder / task, {str(number): _reference(clip) for number, clip in enumerate(found)})
            scores.append(summarise_task(task, outcomes))
    return scores


def _play(talker: Talker, clip: Clip, user: Samples, seed: int, judge: WhisperJudge, folder: Path) -> Outcome:
    """Play a sample to a new session, write it, and score it."""
    heard = user[round(clip.start_s * USER_RATE) : round(clip.end_s * USER_RATE)]
    sound = answer(talker.session(seed), heard, clip.tail_s).sound
    _, user_end_s = clip.turn
    words = _words(judge, sound, user_end_s if clip.task == "user_interruption" else 0.0)
    write_sample(folder, clip, np.pad(heard, (0, len(sound) - len(heard))), sound, words)
    if clip.task != "backchannel":
        return outcome_of(words, user_end_s)
    found = find_stretches(sound, USER_RATE, VAD_THRESHOLD) if sound.any() else []
    spans = [(stretch.start / USER_RATE, stretch.end / USER_RATE) for stretch in found]
    return backchannel_outcome(spans, words, clip.seconds, _reference(clip))


def _reference(clip: Clip) -> list[float]:
    return histogram(clip.marks, clip.seconds)


def _words(judge: WhisperJudge, sound: Samples, from_s: float) -> list[Word]:
    """Return the words that are said from some time on; nothing is heard in silence."""
    said = sound[round(from_s * USER_RATE) :]
    if not said.any():
        return []
    heard = judge.hear(said, USER_RATE, LANGUAGE, full_window=True, timed=True)
    return [Word(word.text, word.start_s + from_s, word.end_s + from_s) for word in heard.words]
