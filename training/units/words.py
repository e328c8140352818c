"""What only the voice learns from, besides the tokenizer's speech: many more words, as the assistant says them.

The prior network sees a word's units together, and may tell by the word which of two phones a doubtful one is; the
tokenizer hears no further than a window, and has phones enough.
"""

import json
import re
from functools import cache

from manifests.randomness import generator
from stages.units.bottleneck import FEATURE_MODEL
from stages.weights import ensure
from training.units.held_out import is_held_out

VOCABULARY = 12_000
"""The first whole words of Whisper's vocabulary, whose order is nearly that of their use."""
WORDS = (4, 10)
"""Fewest and most words of a sentence."""
RANK_POWER = 3
"""A word's odds fall with its rank to the power of two thirds: less steeply than in use, for rare words too."""
KOKORO_EVERY = 30
"""Another voice speaks every thirtieth sentence too."""
RESAMPLED_SHARE = 0.25
"""Of the takes; the others are joe as he is."""
_WHOLE_WORD = re.compile("Ġ([a-z]{2,})")


def word_sentences(seed: int, count: int) -> list[str]:
    """Return sentences of drawn words, common ones more often; none is held out."""
    rng = generator(seed, "units words")
    words = _vocabulary()
    sentences: list[str] = []
    while len(sentences) < count:
        ranks = (len(words) * rng.random(int(rng.integers(WORDS[0], WORDS[1] + 1))) ** RANK_POWER).astype(int)
        text = " ".join(words[rank] for rank in ranks).capitalize() + "."
        if not is_held_out(text):
            sentences.append(text)
    return sentences


@cache
def _vocabulary() -> tuple[str, ...]:
    written = json.loads((ensure(FEATURE_MODEL) / "tokenizer.json").read_text("utf-8"))["model"]["vocab"]
    ranked = sorted((rank, found[1]) for token, rank in written.items() if (found := _WHOLE_WORD.fullmatch(token)))
    return tuple(word for _, word in ranked[:VOCABULARY])
