"""Which backchannels are spoken for a dialogue: its script's, or as many as its scene may need. Pure."""

import math
from collections.abc import Iterator
from typing import Annotated

import numpy as np
from pydantic import Field

from manifests.randomness import generator
from manifests.records import Dialogue, Role, TextTurn
from manifests.strict_model import StrictModel
from stages.scenes.profile import TimingProfile
from stages.written_words import split_words

_SECONDS_PER_WORD = 0.3
_SECONDS_PER_CHARACTER = 0.22
"""As the speech stage's own forecast has it: of an English word, and of a Chinese character, which is a word here."""

Phrases = dict[str, Annotated[tuple[str, ...], Field(strict=False)]]
"""By ISO 639-1 language; a language without an entry, or with an empty one, has none."""


class BackchannelPhrases(StrictModel):
    """What each role says while the other keeps talking, by language.

    The defaults are phrases that the embedded engines say intelligibly; "mm-hm", for example, they spell out.
    """

    user: Phrases = Field(
        default={
            "en": ("Right.", "Yeah.", "Okay.", "I see.", "Oh.", "Sure.", "All right."),
            "zh": ("嗯。", "对。", "好。", "是的。", "这样啊。"),
        },
        description="the user's",
    )
    assistant: Phrases = Field(
        default={"en": ("Right.", "I see.", "Okay.", "Sure.", "Yes."), "zh": ("嗯。", "对。", "好的。", "明白。")},
        description="the assistant's",
    )


def backchannels_of(
    dialogue: Dialogue, timing: TimingProfile, phrases: BackchannelPhrases, seed: int
) -> tuple[TextTurn, ...]:
    """Return what is to be spoken for a dialogue besides its turns, nothing twice per role.

    If the script marks backchannels of a role, those; otherwise as many of its phrases, drawn at random, as the scene
    is expected to hold, rounded up: a clip may be heard more than once.

    Args:
        dialogue: as written.
        timing: whose rates count.
        phrases: to draw from.
        seed: the run's.
    """
    rng = generator(seed, "scenes/backchannel phrases", dialogue.slot.index)
    language = dialogue.language.split("-")[0].lower()
    listeners: tuple[tuple[Role, float, Phrases], ...] = (
        ("user", timing.backchannel.user.per_minute, phrases.user),
        ("assistant", timing.backchannel.assistant.per_minute, phrases.assistant),
    )
    wanted = []
    for role, per_minute, by_language in listeners:
        heard = [turn for turn in dialogue.turns if turn.role != role]
        texts = dict.fromkeys(mark.text for turn in heard for mark in turn.backchannels)
        if not texts and per_minute:
            minutes = sum(expected_s(turn.text) for turn in heard) / 60
            texts = dict.fromkeys(_draw(by_language.get(language, ()), clips_wanted(per_minute, minutes), rng))
        wanted += [TextTurn(role, text, text) for text in texts]
    return tuple(wanted)


def clips_wanted(per_minute: float, minutes: float) -> int:
    """Return how many clips a scene may need whose listener hears so much speech."""
    return math.ceil(per_minute * minutes)


def _draw(phrases: tuple[str, ...], count: int, rng: np.random.Generator) -> Iterator[str]:
    yield from (phrases[number] for number in rng.permutation(len(phrases))[:count])


def expected_s(text: str) -> float:
    """Return the expected seconds of a text when it is spoken."""
    return sum(_SECONDS_PER_WORD if word.text.isascii() else _SECONDS_PER_CHARACTER for word in split_words(text))
