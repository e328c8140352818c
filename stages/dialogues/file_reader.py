"""Turns a record of an existing text set into a dialogue."""

from dataclasses import replace

from manifests.errors import RejectedError
from manifests.records import Dialogue, Reject, Slot, TextTurn
from stages.dialogues.config import DialoguesConfig
from stages.dialogues.planned_events import holds_interruption, pick_exchange
from stages.dialogues.text_files import WRONG_SHAPE, TextFile
from stages.dialogues.turn_maker import TurnMaker, can_be_interrupted

_FEWEST_TO_INTERRUPT = 4
"""Turns: the user can interrupt the first answer at the earliest. In a single exchange no interruption is due."""


class FileReader:
    """Makes dialogue i from record i of the file, trimmed to `turns.max`."""

    def __init__(self, config: DialoguesConfig, seed: int, turns: TurnMaker) -> None:
        assert config.file is not None
        self._config = config
        self._seed = seed
        self._turns = turns
        self._file = TextFile(config.file)

    def write(self, slot: Slot, refused: list[Reject]) -> Dialogue:
        """Return the dialogue of a slot; a record is read once, so nothing is added to `refused`.

        Raises:
            RejectedError: a bad record, a filter's reason, ``too_few_turns``, or ``too_short_to_interrupt`` when an
                interruption is due and no assistant turn before a user's leaves room for it. The detail names
                file:line.
        """
        raw = self._file.read(slot.index)
        place = self._file.place(slot.index)
        if len(raw) < self._config.turns.min:
            raise RejectedError("too_few_turns", f"{place}: {len(raw)} turns; turns.min is {self._config.turns.min}")
        turns: list[TextTurn] = []
        try:
            for each in raw[: self._config.turns.max]:
                if each.interrupts and (not turns or each.role != "user"):
                    raise RejectedError(WRONG_SHAPE, "only a user's turn that follows an assistant's can interrupt")
                turns.append(
                    self._turns.make(turns, each.role, each.text, interrupts=each.interrupts, marks=each.marks)
                )
            marked = self._interrupted(slot, tuple(turns))
        except RejectedError as rejected:
            raise RejectedError(rejected.reason, f"{place}: {rejected.detail}") from rejected
        return Dialogue(slot, self._config.language, f"file:{place}", "", marked)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _interrupted(self, slot: Slot, turns: tuple[TextTurn, ...]) -> tuple[TextTurn, ...]:
        due = len(turns) >= _FEWEST_TO_INTERRUPT and holds_interruption(
            self._seed, slot.index, self._config.interruption_share
        )
        if not due or any(turn.interrupts for turn in turns):
            return turns
        exchanges = range(1, len(turns) // 2)
        chosen = pick_exchange(self._seed, slot.index, [i for i in exchanges if can_be_interrupted(turns[2 * i - 1])])
        if chosen is None:
            raise RejectedError("too_short_to_interrupt", "an interruption is due, but no turn leaves room for it")
        return tuple(replace(turn, interrupts=i == 2 * chosen) for i, turn in enumerate(turns))
