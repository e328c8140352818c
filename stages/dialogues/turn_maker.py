"""Turns raw text into a turn of a dialogue: cleaned, filtered, normalised for speech."""

from collections.abc import Sequence

from manifests.errors import RejectedError
from manifests.records import Role, TextTurn
from stages.dialogues.cleaning import clean, words
from stages.dialogues.config import DialoguesConfig
from stages.dialogues.dialogue_filters import check_new_turn
from stages.dialogues.filters import check_turn, finish_sentence
from stages.dialogues.marks import RawMark, place_marks
from stages.dialogues.planned_events import MIN_INTERRUPTED_WORDS
from stages.dialogues.speech_text import SpeechText

TOO_SHORT_TO_INTERRUPT = "too_short_to_interrupt"


class TurnMaker:
    """Turns raw text into turns by the rules of a config."""

    def __init__(self, config: DialoguesConfig) -> None:
        self._filters = config.filters
        self._from_model = config.source == "llm"
        self._speech = SpeechText(config.language)

    def make(
        self,
        earlier: Sequence[TextTurn],
        role: Role,
        raw: str,
        *,
        interrupts: bool = False,
        marks: Sequence[RawMark] = (),
    ) -> TextTurn:
        """Return the turn that follows the earlier ones.

        Raises:
            RejectedError: a filter's reason, ``too_short_to_interrupt`` for what stands before an interruption, or what
                `place_marks` raises.
        """
        text = clean(raw)
        if self._from_model:
            text = finish_sentence(text)
        check_turn(role, text, self._filters, must_end=self._from_model)
        if interrupts:
            check_interruptible(earlier[-1])
        turn = TextTurn(role, text, self._speech.spoken(text), interrupts, place_marks(text, marks))
        check_new_turn(earlier, turn, self._filters)
        return turn


def can_be_interrupted(turn: TextTurn) -> bool:
    """Tell whether an assistant's turn leaves room for an interruption."""
    return len(words(turn.text)) >= MIN_INTERRUPTED_WORDS


def check_interruptible(turn: TextTurn) -> None:
    """Let a turn pass that can be interrupted.

    Raises:
        RejectedError: ``too_short_to_interrupt``.
    """
    if not can_be_interrupted(turn):
        raise RejectedError(TOO_SHORT_TO_INTERRUPT, turn.text)
