"""Stage `streams`: speech and text into tokens, tokens into the rows of four training configs."""

from stages.streams.config import StreamsConfig
from stages.streams.estimates import expected_rtf, expected_tokens
from stages.streams.flatten import (
    unflatten_alignment,
    unflatten_four_stream,
    unflatten_three_stream,
    unflatten_two_stream,
)
from stages.streams.row_checker import RowChecker
from stages.streams.stage import SceneRows, StreamStage
from stages.streams.text_tokenizer import TextTokenizer
from stages.streams.tokenizers import (
    check,
    engines,
    open_text_tokenizer,
    outside_paths,
    remarks,
    vocabulary_of,
    warnings,
)
from stages.streams.vocabulary import SPECIALS, Vocabulary, read_vocabulary

__all__ = [
    "SPECIALS",
    "RowChecker",
    "SceneRows",
    "StreamStage",
    "StreamsConfig",
    "TextTokenizer",
    "Vocabulary",
    "check",
    "engines",
    "expected_rtf",
    "expected_tokens",
    "open_text_tokenizer",
    "outside_paths",
    "read_vocabulary",
    "remarks",
    "unflatten_alignment",
    "unflatten_four_stream",
    "unflatten_three_stream",
    "unflatten_two_stream",
    "vocabulary_of",
    "warnings",
]
