"""What a run will ask of its language model, for the plan that is shown before anything is made."""

from dataclasses import dataclass

from stages.dialogues.config import DialoguesConfig

_EXCHANGE_ACCEPTANCE = 0.5
_WHOLE_ACCEPTANCE = 0.8
_WORDS_PER_TURN_LOCAL = 10.0
_WORDS_PER_TURN = 15.0
_WORDS_PER_TURN_FILE = 60.0


@dataclass(frozen=True)
class CallEstimate:
    """Expected calls for a whole run, and words per dialogue."""

    llm_calls: int
    words_per_dialogue: float


def expected_calls(config: DialoguesConfig, count: int) -> CallEstimate:
    """Return the expected calls and words for `count` dialogues."""
    turns = (config.turns.min + config.turns.max) / 2
    if config.source == "file":
        return CallEstimate(0, turns * _WORDS_PER_TURN_FILE)
    if config.llm.writing == "exchanges":
        return CallEstimate(round(count * turns / 2 / _EXCHANGE_ACCEPTANCE), turns * _WORDS_PER_TURN_LOCAL)
    return CallEstimate(round(count / _WHOLE_ACCEPTANCE), turns * _WORDS_PER_TURN)
