"""What a run will ask of its language model, for the estimates of `build-corpus plan`."""

from dataclasses import dataclass

from stages.dialogues.config import DialoguesConfig

_EXCHANGE_ACCEPTANCE = 0.52
"""Measured: 94 of 179 answers of SmolLM2-135M passed (28 dialogues of 4 to 10 turns)."""
_WHOLE_ACCEPTANCE = 0.8
"""Assumed for a capable model; not measured."""
_WORDS_PER_TURN_LOCAL = 9.5
"""Measured with the above."""
_WORDS_PER_TURN = 15.0
"""The middle of the five to twenty-five words that the prompt asks for."""
_WORDS_PER_TURN_FILE = 60.0
"""Assumed: written chats run longer than speech; a turn may have up to filters.max_words."""


@dataclass(frozen=True)
class CallEstimate:
    """Expected calls of a whole run, and words per dialogue."""

    llm_calls: int
    words_per_dialogue: float


def expected_calls(config: DialoguesConfig, count: int) -> CallEstimate:
    """Return the expected calls and words for `count` dialogues."""
    turns = (config.turns.min + config.turns.max) / 2
    if config.source == "file":
        return CallEstimate(0, turns * _WORDS_PER_TURN_FILE)
    if config.llm.resolved_mode == "exchanges":
        return CallEstimate(round(count * turns / 2 / _EXCHANGE_ACCEPTANCE), turns * _WORDS_PER_TURN_LOCAL)
    return CallEstimate(round(count / _WHOLE_ACCEPTANCE), turns * _WORDS_PER_TURN)
