"""Full-Duplex-Bench's scores (arXiv 2503.04721, version 1.0), as its published scripts compute them. Pure.

A model takes the turn unless what it says is nothing, or is shorter than a second and at most three words long. Its
takeover rate (TOR) is the share of samples in which it does: low is good at pauses and for backchannels, high where
the user has ended. The scripts' words are those of a recogniser, and so are these.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from manifests.records import Word
from talk.evaluation.clips import BenchTask, Span

TURN_S = 1.0
TURN_WORDS = 3
LONG_S = 3.0
"""A stretch of speech longer than this takes the turn, whatever is said in it."""
BACKCHANNEL_WORDS = 2
WINDOW_S = 0.2
"""Of the histogram of backchannels over time."""
_EMPTY = 1e-10
NO_BACKCHANNEL_DIVERGENCE = 1.0
"""Of a sample without any."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of a sample.

    Attributes:
        took_turn: whether it took the turn.
        latency_s: from the user's end to its first word, not below 0; None where it took no turn, or none was due.
        backchannels_per_s: of the task `backchannel` alone.
        divergence: Jensen-Shannon distance between its backchannels and the corpus's over time; of that task alone.
    """

    took_turn: bool
    latency_s: float | None = None
    backchannels_per_s: float | None = None
    divergence: float | None = None


@dataclass(frozen=True)
class TaskScore:
    """Means over samples; None if there are none to average.

    Attributes:
        samples: how many.
        takeover_rate: share of samples in which the turn was taken.
    """

    task: BenchTask
    samples: int
    takeover_rate: float | None
    latency_s: float | None
    backchannels_per_s: float | None
    divergence: float | None


def with_punctuation(words: Sequence[Word]) -> list[Word]:
    """Return words with the punctuation that follows them: recognisers tell it apart, and it would count as words."""
    whole: list[Word] = []
    for word in words:
        if any(mark.isalnum() for mark in word.text):
            whole.append(word)
        elif whole:
            whole[-1] = replace(whole[-1], text=whole[-1].text + word.text)
    return whole


def within_speech(words: Sequence[Word], stretches: Sequence[Span]) -> list[Word]:
    """Return words cut to the stretch of speech that holds most of them; a word that none holds stays as it is.

    Whisper lets a word that follows silence begin with that silence.

    Args:
        words: with times in seconds.
        stretches: where a VAD hears speech, in seconds.
    """
    return [_within(word, stretches) for word in words]


def takes_turn(words: Sequence[Word]) -> bool:
    """Tell whether this many words take the turn."""
    return bool(words) and (words[-1].end_s - words[0].start_s >= TURN_S or len(words) > TURN_WORDS)


def outcome_of(words: Sequence[Word], user_end_s: float | None) -> Outcome:
    """Return the outcome where an answer is due from the user's end on, or where none is: then there is no end."""
    took = takes_turn(words)
    return Outcome(took, max(words[0].start_s - user_end_s, 0.0) if took and user_end_s is not None else None)


def backchannel_outcome(
    stretches: Sequence[Span], words: Sequence[Word], seconds: float, reference: Sequence[float]
) -> Outcome:
    """Return the outcome where the user goes on and short words of listening are welcome.

    Args:
        stretches: of the model's speech, in order.
        words: that it says, in order.
        seconds: of the sample.
        reference: `histogram` of the corpus's own backchannels.
    """
    found: list[Span] = []
    took = False
    for start_s, end_s in stretches:
        said = [word for word in words if word.start_s < end_s and word.end_s > start_s]
        if end_s - start_s > LONG_S:
            took = True
            break
        took = end_s - start_s >= TURN_S or len(said) > BACKCHANNEL_WORDS
        found = [] if took else [*found, (start_s, end_s)]
    return _backchannelled(found, took, seconds, reference)


def histogram(spans: Sequence[Span], seconds: float) -> list[float]:
    """Return how stretches lie over a sample, by windows of `WINDOW_S` that they touch; sums to 1."""
    counts = np.full(int(seconds / WINDOW_S) + 1, _EMPTY)
    for start_s, end_s in spans:
        counts[int(start_s / WINDOW_S) : int(end_s / WINDOW_S) + 1] += 1
    return [float(share) for share in counts / counts.sum()]


def summarise_task(task: BenchTask, outcomes: Sequence[Outcome]) -> TaskScore:
    """Return the means over a task's samples."""
    return TaskScore(
        task,
        len(outcomes),
        _mean([float(one.took_turn) for one in outcomes]),
        _mean([one.latency_s for one in outcomes if one.latency_s is not None]),
        _mean([one.backchannels_per_s for one in outcomes if one.backchannels_per_s is not None]),
        _mean([one.divergence for one in outcomes if one.divergence is not None]),
    )


def _within(word: Word, stretches: Sequence[Span]) -> Word:
    shared = [(max(word.start_s, start_s), min(word.end_s, end_s)) for start_s, end_s in stretches]
    start_s, end_s = max(shared, key=lambda span: span[1] - span[0], default=(word.start_s, word.end_s))
    return replace(word, start_s=start_s, end_s=end_s) if start_s < end_s else word


def _backchannelled(found: Sequence[Span], took: bool, seconds: float, reference: Sequence[float]) -> Outcome:
    from scipy.spatial.distance import jensenshannon

    divergence = NO_BACKCHANNEL_DIVERGENCE
    if found:
        divergence = float(jensenshannon(histogram(found, seconds), reference))
    return Outcome(took, None, len(found) / seconds, divergence)


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
