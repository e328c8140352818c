"""What is decided about a dialogue before the model is called: its length, its interruption, its scenario."""

from dataclasses import dataclass

import numpy as np

from manifests.randomness import generator
from stages.dialogues.config import DialoguesConfig
from stages.dialogues.planned_events import holds_interruption, marks_backchannels, pick_exchange
from stages.dialogues.scenarios import Scenario, draw_scenario, scenario_book

GOODBYE_SHARE = 0.6
"""Share of the dialogues of three exchanges or more that end with thanks and a goodbye; ours."""

_GREETINGS = ("Hello", "Hi", "Hi there", "Hey", "Good morning", "Good evening")
_OPENINGS = (
    "{greeting}, I am {persona} and I want to {wish}.",
    "{greeting}, I am {persona} and I would like to {wish}.",
    "{greeting}, I would like to {wish}.",
    "{greeting}, I want to {wish}.",
    "{greeting}, can you help me? I want to {wish}.",
    "{greeting}, I need some help. I want to {wish}.",
)
_LINKS = ("", "", "", "And", "And", "Okay,", "I see.", "Good to know.", "Great.", "Thanks.", "All right.", "Oh,")
_BREAK_INS = ("Wait,", "Sorry,", "Hold on,", "Wait a minute,", "Sorry, but", "Oh wait,")
_THANKS = (
    "Thanks, that is all I need.",
    "Thank you, you helped me a lot.",
    "Great, that helps a lot.",
    "Perfect, that is all I wanted to know.",
    "Wonderful, thank you very much.",
    "All right, thanks for your help.",
)
_CLOSINGS = ("You are welcome.", "My pleasure.", "Glad to help.", "Any time.", "You are very welcome.")


@dataclass(frozen=True)
class Outline:
    """A dialogue to be written.

    Attributes:
        exchanges: how many user turns, each with its assistant turn.
        interrupting: the exchange whose user turn interrupts; never the first; None for none.
        backchannels: the script marks where the listener says "mm-hm" and the like.
        goodbye: the last exchange is thanks and a goodbye.
        scenario: one point per exchange, but for the goodbye.
        lead_ins: the words that each user turn begins with, for models that would always begin alike; may be empty.
        closing: the words that the assistant's answer to thanks begins with.
    """

    exchanges: int
    interrupting: int | None
    backchannels: bool
    goodbye: bool
    scenario: Scenario
    lead_ins: tuple[str, ...]
    closing: str


def draw_outline(config: DialoguesConfig, seed: int, index: int, attempt: int) -> Outline:
    """Return the outline of a dialogue; length and interruption don't change with the attempt, the scenario does."""
    book = scenario_book(config)
    rng = generator(seed, "dialogues.form", index)
    interrupted = holds_interruption(seed, index, config.interruption_share)
    fewest = max(config.turns.min // 2, 2 if interrupted else 1)
    exchanges = int(rng.integers(fewest, config.turns.max // 2 + 1))
    goodbye = exchanges > 2 and bool(rng.random() < GOODBYE_SHARE)
    last = exchanges - 1 if goodbye else exchanges
    interrupting = pick_exchange(seed, index, range(1, last)) if interrupted else None
    scenario = draw_scenario(book, last, generator(seed, "dialogues.scenario", index, attempt))
    closing = _CLOSINGS[int(rng.integers(len(_CLOSINGS)))]
    lead_ins = _draw_lead_ins(exchanges, interrupting, goodbye, scenario, rng)
    backchannels = marks_backchannels(seed, index, config.backchannel_share)
    return Outline(exchanges, interrupting, backchannels, goodbye, scenario, lead_ins, closing)


def _draw_lead_ins(
    exchanges: int, interrupting: int | None, goodbye: bool, scenario: Scenario, rng: np.random.Generator
) -> tuple[str, ...]:
    drawn = []
    for exchange in range(exchanges):
        stock: tuple[str, ...] = _LINKS
        if exchange == 0:
            stock = _OPENINGS
        elif exchange == interrupting:
            stock = _BREAK_INS
        elif goodbye and exchange == exchanges - 1:
            stock = _THANKS
        form = stock[int(rng.integers(len(stock)))]
        greeting = _GREETINGS[int(rng.integers(len(_GREETINGS)))]
        drawn.append(form.format(greeting=greeting, persona=scenario.persona, wish=scenario.wish))
    return tuple(drawn)
