"""Names that configs and records share with the command line, which offers them as choices and has to start fast.

Nothing heavy is imported here.
"""

from typing import Literal

StageName = Literal["dialogues", "selection", "speech", "noise", "scenes", "streams"]
Split = Literal["train", "validation", "test"]
AnswerFormat = Literal["json_schema", "json_object", "text"]
"""How a language model is asked for JSON."""

SPLITS: tuple[Split, ...] = ("train", "validation", "test")
