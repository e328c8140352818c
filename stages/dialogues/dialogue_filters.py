"""What makes a dialogue unusable as a whole, even if each of its turns is fine."""

from collections.abc import Sequence

from manifests.errors import RejectedError
from manifests.records import TextTurn
from stages.dialogues.cleaning import words
from stages.dialogues.config import FiltersConfig

REPEATED_TURN = "repeated_turn"
ECHO = "echo"
_ECHO_WORDS = 4
"""Shorter turns ("Yes, please.") may come back without being an echo."""


def check_new_turn(earlier: Sequence[TextTurn], turn: TextTurn, config: FiltersConfig) -> None:
    """Let a turn pass that says something its dialogue hasn't said.

    Raises:
        RejectedError: ``repeated_turn`` when the same role said nearly the same; ``echo`` when the turn before, by
            the other role, did.
    """
    said = words(turn.text)
    if len(said) < _ECHO_WORDS:
        return
    for before in earlier:
        if before.role == turn.role and similarity(said, words(before.text)) > config.max_turn_similarity:
            raise RejectedError(REPEATED_TURN, f"{turn.role}: {turn.text}")
    if earlier and similarity(said, words(earlier[-1].text)) > config.max_turn_similarity:
        raise RejectedError(ECHO, f"{turn.role}: {turn.text}")


def similarity(first: Sequence[str], second: Sequence[str]) -> float:
    """Return the Jaccard similarity of two bags of words, 0 to 1."""
    a, b = set(first), set(second)
    return len(a & b) / len(a | b) if a | b else 1.0
