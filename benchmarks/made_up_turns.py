"""Dialogues for the planner: turns as long as people's, and backchannels, without any sound."""

from itertools import accumulate

import numpy as np

from manifests.records import Role, TextTurn
from stages.scenes.utterance import Border, Utterance
from stages.scenes.words import TimedWord

RATE = 16_000
ROLES: tuple[Role, Role] = ("user", "assistant")
WORDS_PER_S = 3.3
WORDS_PER_PHRASE = 8
BORDER_S = 0.06
BACKCHANNELS = 4
"""Of each role, to choose from."""


def made_up_dialogue(turns: int, rng: np.random.Generator) -> tuple[list[Utterance], list[Utterance]]:
    """Return a dialogue's turns and its backchannels.

    Switchboard's speakers say some two inter-pausal units of 1.8 s before the floor goes to the other: turns have a
    mean of 3.5 s of speech. Phrases are parted by the short silences of a TTS engine.
    """
    said = [_utterance(ROLES[index % 2], max(float(rng.lognormal(1.05, 0.64)), 0.8), rng) for index in range(turns)]
    lengths = rng.lognormal(-0.872, 0.343, 2 * BACKCHANNELS)
    listened = [
        Utterance(TextTurn(ROLES[index % 2], "mm-hm", "mm-hm"), samples, (TimedWord("mm-hm", 5, 0, samples),))
        for index, samples in enumerate(np.round(lengths * RATE).astype(int).tolist())
    ]
    return said, listened


def _utterance(role: Role, seconds: float, rng: np.random.Generator) -> Utterance:
    """Return a turn of words of various lengths; every so many of them end a phrase."""
    samples = round(seconds * RATE)
    count = max(round(seconds * WORDS_PER_S), 1)
    words = ["so" + "o" * int(length) for length in rng.integers(0, 8, count)]
    ending = range(WORDS_PER_PHRASE, count, WORDS_PER_PHRASE)
    for number in ending:
        words[number - 1] += ","
    gap = round(BORDER_S * RATE)
    shares = np.cumsum([len(word) for word in words]) / sum(len(word) for word in words)
    ends = (shares * (samples - gap * len(ending))).astype(int).tolist()
    text_ends = [end - 1 for end in accumulate(len(word) + 1 for word in words)]
    timed, borders, shift, start = [], [], 0, 0
    for number, (word, text_end, end) in enumerate(zip(words, text_ends, ends, strict=True), start=1):
        timed.append(TimedWord(word, text_end, start, end + shift))
        start = end + shift
        if number in ending:
            borders.append(Border(number, start, start + gap))
            shift += gap
            start += gap
    text = " ".join(words)
    return Utterance(TextTurn(role, text, text), samples, tuple(timed), tuple(borders))
