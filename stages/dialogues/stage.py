"""The first stage: turns a slot into a filtered text dialogue with its planned interruption."""

from collections.abc import Iterable, Iterator

from manifests.in_order import in_order
from manifests.records import Dialogue, Reject, Slot
from stages.base import process_each
from stages.dialogues.config import WRITING, DialoguesConfig
from stages.dialogues.file_reader import FileReader
from stages.dialogues.turn_maker import TurnMaker
from stages.dialogues.writers import STAGE, ExchangeWriter, WholeWriter, Writer
from stages.llm.answers import AnswerCache
from stages.llm.chat import Chat

_BEGUN_PER_CALL = 64
"""Slots taken, per call in flight, before the first of them is handed over: texts are small, and a call that is retried
must not hold up the others."""


class DialogueStage:
    """Writes, or reads, the dialogue of every slot; see `stages.base`.

    Refused answers come out as non-final rejects, before the dialogue or the final reject that they led to. The order
    of the results is the order of the slots, whatever the endpoint's.

    Raises:
        BuildError: a missing text set, API key, engine or weights.
    """

    def __init__(self, config: DialoguesConfig, seed: int, cache: AnswerCache) -> None:
        turns = TurnMaker(config)
        self._chat: Chat | None = None
        self._reader: FileReader | None = None
        self._writer: Writer
        if config.source == "file":
            self._writer = self._reader = FileReader(config, seed, turns)
        else:
            self._chat = Chat(config.llm, cache, WRITING)
            kind = ExchangeWriter if config.llm.resolved_mode == "exchanges" else WholeWriter
            self._writer = kind(config, seed, self._chat, turns)
        side_by_side = config.source == "llm" and config.llm.provider == "openai"
        self._concurrency = config.llm.concurrency if side_by_side else 1

    def process(self, items: Iterable[Slot]) -> Iterator[Dialogue | Reject]:
        """Yield each slot's refused answers, then its dialogue or final reject, slot after slot.

        Raises:
            BuildError: the endpoint can't be used; calls that haven't begun are dropped.
            OSError: an outage of it, or of storage; the same.
        """
        for results in in_order(self._one, items, self._concurrency, _BEGUN_PER_CALL):
            yield from results

    def close(self) -> None:
        """Close what the stage holds open: the endpoint, the embedded server, the file."""
        if self._chat is not None:
            self._chat.close()
        if self._reader is not None:
            self._reader.close()

    def _one(self, slot: Slot) -> list[Dialogue | Reject]:
        refused: list[Reject] = []
        results = list(process_each(STAGE, [slot], lambda each: each, lambda each: self._writer.write(each, refused)))
        return [*refused, *results]
