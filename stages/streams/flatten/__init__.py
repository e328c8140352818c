"""Flattening: a scene's tokens into rows of the four token configs, and every stream back out of a row."""

from stages.streams.flatten.alignment import AlignedTurn, flatten_alignment, unflatten_alignment
from stages.streams.flatten.assistant_text import TextLayout, lay_out_text
from stages.streams.flatten.chunked import SILENCE
from stages.streams.flatten.four_stream import SpokenTokens, flatten_four_stream, unflatten_four_stream
from stages.streams.flatten.record import STAGE, Flattened, SceneTokens, TurnTokens
from stages.streams.flatten.three_stream import ThreeStreams, flatten_three_stream, unflatten_three_stream
from stages.streams.flatten.two_stream import TwoStreams, flatten_two_stream, unflatten_two_stream

__all__ = [
    "SILENCE",
    "STAGE",
    "AlignedTurn",
    "Flattened",
    "SceneTokens",
    "SpokenTokens",
    "TextLayout",
    "ThreeStreams",
    "TurnTokens",
    "TwoStreams",
    "flatten_alignment",
    "flatten_four_stream",
    "flatten_three_stream",
    "flatten_two_stream",
    "lay_out_text",
    "unflatten_alignment",
    "unflatten_four_stream",
    "unflatten_three_stream",
    "unflatten_two_stream",
]
