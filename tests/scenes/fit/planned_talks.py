"""Made-up dialogues planned in a profile: what a fit to them has to give back."""

from dataclasses import asdict
from functools import cache
from typing import Any

import numpy as np

from manifests.records import Role
from stages.scenes.fit.conversation import Conversation, Interval
from stages.scenes.profile import load_profile
from tests.scenes.planned import RATE, Planned, plan_with, utterance

ROLES: tuple[Role, Role] = ("user", "assistant")
CLIPS = tuple(utterance(role, text, 0.4) for role in ROLES for text in ("mm-hm", "right"))
DIALOGUES = 60
TURNS = 20


@cache
def planned_in(profile: str) -> tuple[Planned, ...]:
    """Return dialogues of turns of one to four phrases of six words, planned in a shipped profile."""
    timing = load_profile(profile)
    return tuple(plan_with(_turns(seed), CLIPS, timing, seed) for seed in range(DIALOGUES))


def _turns(seed: int) -> tuple:
    phrases = np.random.default_rng(seed).integers(1, 5, TURNS).tolist()
    return tuple(_turn(ROLES[index % 2], count) for index, count in enumerate(phrases))


def _turn(role: Role, phrases: int):
    """Return a turn of 1.8 s a phrase, parted by silences of 0.06 s."""
    text = ", ".join(["some more words to be said"] * phrases)
    silences = {6 * number: (1.8 * number - 0.06, 1.8 * number) for number in range(1, phrases)}
    return utterance(role, text, 1.8 * phrases, silences=silences)


def as_conversation(index: int, plan: Planned) -> Conversation:
    """Return what is said word by word, as a transcript with times has it."""
    intervals = []
    for placed in (*plan.scene.placements, *(aside.placement for aside in plan.scene.asides)):
        words = placed.words
        starts = [placed.start_samples, *(word.start_samples for word in words[1:])]
        ends = [*(word.end_samples for word in words[:-1]), placed.end_samples]
        intervals += [
            Interval(placed.utterance.turn.role, start / RATE, end / RATE, word.text)
            for word, start, end in zip(words, starts, ends, strict=True)
            if end > start
        ]
    return Conversation(f"talk {index}", tuple(intervals))


def as_row(plan: Planned) -> dict[str, Any]:
    """Return what the `dialogues` config of a corpus says of timing."""
    return {
        "turns": [{"text": placed.text} for placed in plan.scene.placements],
        "events": [asdict(event) for event in plan.scene.events],
        "notes": [*plan.scene.notes, *plan.draws.notes],
    }
