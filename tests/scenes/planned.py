"""Utterances and whole plans for the tests of timing."""

from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np
from hypothesis import strategies as st

from manifests.records import BackchannelMark, Role, TextTurn
from stages.scenes.draws import TimingDraws, draw_timing
from stages.scenes.planning import ScenePlan, plan_scene
from stages.scenes.profile import TimingProfile
from stages.scenes.utterance import Border, Utterance
from stages.scenes.words import TimedWord
from stages.written_words import split_words
from tests.scenes.profiles import profile

RATE = 1000
TAIL = 800
WORDS = ("a", "word", "longer,", "and", "stop.", "你好吗", "so")
BUSY = """
profile: human
interruption: {rate: 0.4, reaction_s: {law: gamma, shape: 1.0, scale: 0.4, max: 3.0}}
failed_interruption: {rate: 0.4}
backchannel:
  user: {per_minute: 60, delay_s: {law: normal, mean: 0.1, sd: 0.4}}
  assistant: {per_minute: 60, delay_s: {law: normal, mean: 0.1, sd: 0.4}}
pause: {user: {rate: 0.9}, assistant: {rate: 0.9}}
"""


def spread(text: str, samples: int) -> tuple[TimedWord, ...]:
    """Return words that abut and last as long as they are written."""
    written = split_words(text)
    reached = list(accumulate((len(word.text) for word in written), initial=0))
    places = [samples * place // max(reached[-1], 1) for place in reached]
    return tuple(
        TimedWord(word.text, word.end, start, end) for word, (start, end) in zip(written, pairwise(places), strict=True)
    )


def utterance(
    role: Role,
    text: str,
    seconds: float,
    *,
    interrupts: bool = False,
    marks: tuple[BackchannelMark, ...] = (),
    silences: dict[int, tuple[float, float]] | None = None,
) -> Utterance:
    """Return a clip whose words are spread by length; `silences` are (start, end) by the words before them."""
    samples = round(seconds * RATE)
    borders = [Border(words, round(a * RATE), round(b * RATE)) for words, (a, b) in (silences or {}).items()]
    return Utterance(TextTurn(role, text, text, interrupts, marks), samples, spread(text, samples), tuple(borders))


@dataclass(frozen=True)
class Planned:
    """A dialogue, all that was drawn for it, and its plan."""

    turns: tuple[Utterance, ...]
    backchannels: tuple[Utterance, ...]
    draws: TimingDraws
    scene: ScenePlan


def plan_with(
    turns: tuple[Utterance, ...], backchannels: tuple[Utterance, ...], timing: TimingProfile, seed: int
) -> Planned:
    """Draw and plan a dialogue, as the scenes stage does."""
    draws = draw_timing(turns, backchannels, timing, RATE, np.random.default_rng(seed))
    return Planned(turns, backchannels, draws, plan_scene(turns, backchannels, draws.turns, TAIL, RATE))


def _any_utterance(role: Role, words: int, samples: int, rng: np.random.Generator) -> Utterance:
    """Return a clip with borders near its punctuation, now and then marked by the script or interrupting."""
    text = " ".join(rng.choice(WORDS, words).tolist())
    timed = spread(text, samples)
    borders, free = [], 0
    for number, word in enumerate(timed[:-1], start=1):
        start = min(max(word.end_samples + int(rng.integers(-60, 60)), free), samples)
        end = min(start + int(rng.integers(0, 300)), samples, timed[number].end_samples)
        if word.text[-1] in ",." and start <= end:
            borders.append(Border(number, start, end))
            free = end
    marks = sorted(rng.integers(0, len(text), 2).tolist()) if rng.random() < 0.2 else []
    interrupts = role == "user" and bool(rng.random() < 0.2)
    turn = TextTurn(role, text, text, interrupts, tuple(BackchannelMark(after, "right") for after in marks))
    return Utterance(turn, samples, timed, tuple(borders))


BUSY_PROFILE = profile(BUSY)
LENGTHS = st.tuples(st.integers(1, 12), st.integers(1, 8000))
"""Words and samples of a turn."""


@st.composite
def planned(draw: st.DrawFn) -> Planned:
    """Dialogues of any durations and words, planned with all rates high."""
    lengths = draw(st.lists(LENGTHS, min_size=1, max_size=8))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    roles: tuple[Role, Role] = ("user", "assistant")
    turns = tuple(_any_utterance(roles[place % 2], *length, rng) for place, length in enumerate(lengths))
    texts = [draw(st.sampled_from([(), ("right",), ("right", "mm-hm", "I see")])) for _ in roles]
    clips = [
        utterance(role, text, rng.uniform(0.1, 0.9)) for role, own in zip(roles, texts, strict=True) for text in own
    ]
    return plan_with(turns, tuple(clips), BUSY_PROFILE, seed)
