"""Writes one dialogue with a language model: attempts until one passes, and keeps every refused answer."""

from dataclasses import replace
from typing import Protocol

from manifests.errors import RejectedError
from manifests.randomness import generator
from manifests.records import Dialogue, Reject, Slot, TextTurn
from stages.dialogues import exchange_prompt, whole_prompt
from stages.dialogues.config import DialoguesConfig
from stages.dialogues.outline import Outline, draw_outline
from stages.dialogues.turn_maker import TurnMaker, check_interruptible
from stages.llm.answers import ChatRequest, Message, Sampling
from stages.llm.chat import Chat

STAGE = "dialogues"
ATTEMPTS_EXHAUSTED = "attempts_exhausted"
_EXCHANGE_TOKENS = 80
"""An exchange of short turns takes 30 to 60 tokens; a longer one has gone wrong and isn't waited for."""
_EXCHANGE_MIN_P = 0.1
"""Both for the embedded model alone: an endpoint may bill for thoughts, and know no min_p."""
_WARMER = 0.05
"""Added to the temperature with every attempt; at one temperature a small model repeats one mistake."""
_WARMEST = 4
_FREE_ATTEMPTS = 1
"""After as many, the user asks in the plan's own words."""
_BRIEF_SHARE = 0.7
"""Share of the answers held to one sentence; a weak model's second sentence often contradicts its first."""


class Writer(Protocol):
    """Makes the dialogue of a slot, with a language model or from a text set."""

    def write(self, slot: Slot, refused: list[Reject]) -> Dialogue:
        """Return the dialogue; add a non-final reject to `refused` for every answer that didn't pass.

        Raises:
            RejectedError: no answer passed (``attempts_exhausted``), the endpoint gave none (``endpoint_error``,
                ``endpoint_refused``; to ask something else instead would make the dialogue depend on a day's faults),
                or the record of the text set didn't pass.
            BuildError: the endpoint can't be used.
            OSError: an outage of the endpoint, see `Chat.ask`; or of storage.
        """
        ...


class WholeWriter:
    """Makes one call per dialogue; each attempt draws a new scenario."""

    def __init__(self, config: DialoguesConfig, seed: int, chat: Chat, turns: TurnMaker) -> None:
        self._config = config
        self._seed = seed
        self._chat = chat
        self._turns = turns

    def write(self, slot: Slot, refused: list[Reject]) -> Dialogue:
        """See `Writer`."""
        for attempt in range(self._config.max_attempts):
            outline = draw_outline(self._config, self._seed, slot.index, attempt)
            answer = self._chat.ask(self._request(outline, slot, attempt))
            try:
                turns = self._read(answer, outline)
            except RejectedError as rejected:
                refused.append(_refusal(slot, rejected, answer))
                continue
            return _dialogue(self._config, slot, outline, turns)
        raise RejectedError(ATTEMPTS_EXHAUSTED, f"{self._config.max_attempts} answers were refused")

    def _request(self, outline: Outline, slot: Slot, attempt: int) -> ChatRequest:
        llm = self._config.llm
        seed = _draw_seed(self._seed, slot.index, attempt)
        sampling = Sampling(llm.temperature, llm.top_p, self._config.answer_tokens, seed)
        messages = whole_prompt.messages(outline, self._config.language)
        return ChatRequest(messages, sampling, whole_prompt.schema(outline))

    def _read(self, answer: str, outline: Outline) -> tuple[TextTurn, ...]:
        turns: list[TextTurn] = []
        for number, exchange in enumerate(whole_prompt.read(answer, outline.exchanges)):
            interrupts, marks = number == outline.interrupting, exchange.marks
            turns.append(self._turns.make(turns, "user", exchange.user, interrupts=interrupts, marks=marks["user"]))
            turns.append(self._turns.make(turns, "assistant", exchange.assistant, marks=marks["assistant"]))
        return tuple(turns)


class ExchangeWriter:
    """Makes one call per exchange; a refused exchange is requested again, the others stay."""

    def __init__(self, config: DialoguesConfig, seed: int, chat: Chat, turns: TurnMaker) -> None:
        self._config = config
        self._seed = seed
        self._chat = chat
        self._turns = turns

    def write(self, slot: Slot, refused: list[Reject]) -> Dialogue:
        """See `Writer`."""
        outline = draw_outline(self._config, self._seed, slot.index, 0)
        turns: tuple[TextTurn, ...] = ()
        for exchange in range(outline.exchanges):
            turns += self._exchange(slot, outline, exchange, turns, refused)
        return _dialogue(self._config, slot, outline, turns)

    def _exchange(
        self, slot: Slot, outline: Outline, exchange: int, earlier: tuple[TextTurn, ...], refused: list[Reject]
    ) -> tuple[TextTurn, TextTurn]:
        wanted = exchange_prompt.task(outline, exchange)
        for attempt in range(self._config.max_attempts):
            answer = self._chat.ask(self._request(outline, wanted, slot, exchange, attempt))
            try:
                user_text, assistant_text = exchange_prompt.read(answer)
                user = self._turns.make(earlier, "user", user_text, interrupts=wanted.kind == "interruption")
                assistant = self._turns.make((*earlier, user), "assistant", assistant_text)
                exchange_prompt.check_plan(wanted, user.text, assistant.text)
                if exchange + 1 == outline.interrupting:
                    check_interruptible(assistant)
            except RejectedError as rejected:
                refused.append(_refusal(slot, rejected, answer))
                continue
            return user, assistant
        raise RejectedError(
            ATTEMPTS_EXHAUSTED, f"exchange {exchange + 1}: {self._config.max_attempts} answers were refused"
        )

    def _request(
        self, outline: Outline, wanted: exchange_prompt.Task, slot: Slot, exchange: int, attempt: int
    ) -> ChatRequest:
        llm = self._config.llm
        seed = _draw_seed(self._seed, slot.index, exchange, attempt)
        brief = bool(generator(self._seed, "dialogues.brief", slot.index, exchange, attempt).random() < _BRIEF_SHARE)
        brief = brief and exchange + 1 != outline.interrupting  # an answer to be interrupted needs some length
        temperature = min(2.0, llm.temperature + min(attempt, _WARMEST) * _WARMER)
        sampling = Sampling(temperature, llm.top_p, self._config.answer_tokens, seed)
        if llm.provider == "local":
            tokens = min(self._config.answer_tokens, _EXCHANGE_TOKENS)
            sampling = replace(sampling, max_tokens=tokens, min_p=_EXCHANGE_MIN_P)
        pattern = exchange_prompt.schema(wanted, brief=brief, to_the_letter=attempt >= _FREE_ATTEMPTS)
        messages = (
            Message("system", exchange_prompt.SYSTEM),
            *exchange_prompt.EXAMPLES,
            Message("user", wanted.instruction),
        )
        return ChatRequest(messages, sampling, pattern)


def _draw_seed(seed: int, *indices: int) -> int:
    return int(generator(seed, "dialogues.sampling", *indices).integers(2**31))


def _refusal(slot: Slot, rejected: RejectedError, answer: str) -> Reject:
    return Reject(slot.dialogue_id, STAGE, rejected.reason, rejected.detail, answer, final=False)


def _dialogue(config: DialoguesConfig, slot: Slot, outline: Outline, turns: tuple[TextTurn, ...]) -> Dialogue:
    return Dialogue(slot, config.language, f"llm:{config.llm.model}", outline.scenario.describe(), turns)
