"""Stage 1, dialogues: written by a language model or taken from a text set; filtered, with planned interruptions."""

from stages.dialogues.check import check, outside_paths, source_digest
from stages.dialogues.config import DialoguesConfig
from stages.dialogues.engines import engines, remarks
from stages.dialogues.estimates import CallEstimate, expected_calls
from stages.dialogues.near_duplicates import find_duplicates
from stages.dialogues.stage import DialogueStage
from stages.llm.answers import AnswerCache

__all__ = [
    "AnswerCache",
    "CallEstimate",
    "DialogueStage",
    "DialoguesConfig",
    "check",
    "engines",
    "expected_calls",
    "find_duplicates",
    "outside_paths",
    "remarks",
    "source_digest",
]
