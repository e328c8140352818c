"""Random scenes of tokens for the property tests."""

from dataclasses import replace
from itertools import accumulate

import numpy as np
from hypothesis import strategies as st

from stages.streams.flatten import SceneTokens, TurnTokens
from stages.streams.vocabulary import Vocabulary

VOCABULARY = Vocabulary("text", 300, "units", 4096, 25)
CHUNK = 10
TEXT = 2


@st.composite
def scenes(draw: st.DrawFn, max_chunks: int = 30) -> SceneTokens:
    """Scenes whose turns may overlap across channels, be empty, be cut, and outlive their speech."""
    chunks = draw(st.integers(1, max_chunks))
    units = chunks * CHUNK
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    turns = []
    free = {"user": 0, "assistant": 0}
    for place in range(draw(st.integers(0, 8))):
        role = ("user", "assistant")[place % 2] if draw(st.integers(0, 5)) else "user"
        start = draw(st.integers(free[role], units))
        end = draw(st.integers(start, min(start + 60, units)))
        free[role] = end
        text = tuple(rng.integers(0, VOCABULARY.text_size, draw(st.integers(0, 12))).tolist())
        turn = TurnTokens(role, start, end, text)
        turns.append(draw(_cut(turn, units)) if role == "assistant" and draw(st.booleans()) else turn)
    turns.sort(key=lambda turn: turn.start)
    padding = sum(len(turn.text) for turn in turns) // TEXT + 2
    total = units + padding * CHUNK
    user, assistant = (rng.integers(0, VOCABULARY.units, total).astype(np.int32) for _ in range(2))
    return SceneTokens("d-000001", "train", user, assistant, tuple(turns))


@st.composite
def _cut(draw: st.DrawFn, turn: TurnTokens, units: int) -> TurnTokens:
    """The turn cut where it ends or given way to later, with more written than heard, at its onset or word by word."""
    unheard = draw(st.lists(st.integers(0, VOCABULARY.text_size - 1), max_size=12))
    tokens = (*turn.text, *unheard)
    steps = draw(st.just([0] * len(tokens)) | st.lists(st.integers(0, 6), min_size=len(tokens), max_size=len(tokens)))
    written = tuple(zip(accumulate(steps, initial=turn.start), tokens, strict=False))
    gives_way = draw(st.integers(max(turn.end - 1, turn.start), max(units - 1, turn.start)))
    return replace(turn, written=written, gives_way=gives_way)
