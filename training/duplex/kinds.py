"""The kinds of tokens by which losses are weighted and reported."""

from typing import Literal, get_args

LossKind = Literal["text", "silent_text", "units", "silent_speech", "markers"]
"""Kinds that carry loss: `text` and `units` that are said, the two tokens of saying nothing, and all other specials."""

KINDS: tuple[str, ...] = ("user_text", *get_args(LossKind))
"""What losses are reported by. `user_text` is the transcript of speech that stands before it, without loss."""
