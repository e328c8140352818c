"""The audit page: sampled dialogues to hear, see and judge, as static files that open from disk."""

from previews.config import PreviewConfig
from previews.page import PreviewFacts, write_preview
from previews.resynthesis import speak_again
from previews.selection import CANDIDATE_COLUMNS, Candidate, candidates_from_table, select

__all__ = [
    "CANDIDATE_COLUMNS",
    "Candidate",
    "PreviewConfig",
    "PreviewFacts",
    "candidates_from_table",
    "select",
    "speak_again",
    "write_preview",
]
