"""A turn is made again until it passes: other seeds first, then another voice for all that its speaker says."""

import pytest

from manifests.errors import RejectedError
from stages.speech.takes import RefusedTakeError, TakeMaker


def maker(bad: set[tuple[int, str, int]]) -> TakeMaker[str]:
    """A maker whose takes (turn, voice, number) in `bad` are refused."""

    def make(turn: int, voice: str, number: int) -> str:
        if (turn, voice, number) in bad:
            raise RefusedTakeError("noisy", f"{turn} {voice} {number}")
        return f"{turn} {voice} {number}"

    return TakeMaker(make)


def test_what_passes_is_made_once():
    made = maker(set())
    assert made.speak([0, 2], ["anna", "ben"], 2) == {0: "0 anna 1", 2: "2 anna 1"}
    assert made.refused == []


def test_a_refused_take_is_made_again_with_another_seed_in_the_same_voice():
    made = maker({(2, "anna", 1)})
    assert made.speak([0, 2], ["anna", "ben"], 2) == {0: "0 anna 1", 2: "2 anna 2"}
    assert [(take.turn, take.voice, take.number) for take in made.refused] == [(2, "anna", 1)]


def test_a_voice_that_fails_at_one_turn_gives_all_turns_to_the_next_voice():
    made = maker({(2, "anna", 1), (2, "anna", 2), (0, "ben", 2)})
    assert made.speak([0, 2], ["anna", "ben"], 2) == {0: "0 ben 3", 2: "2 ben 3"}
    assert len(made.refused) == 3


def test_when_the_last_voice_fails_its_last_refusal_is_raised():
    made = maker({(0, "anna", 1), (0, "ben", 2)})
    with pytest.raises(RefusedTakeError, match="0 ben 2"):
        made.speak([0], ["anna", "ben"], 1)


def test_what_no_take_can_mend_is_raised_at_once():
    calls = []

    def make(turn: int, voice: str, number: int) -> str:
        calls.append((turn, voice, number))
        raise RejectedError("unspeakable", "...")

    with pytest.raises(RejectedError, match="unspeakable"):
        TakeMaker(make).speak([0], ["anna", "ben"], 3)
    assert len(calls) == 1
