"""Random scenes of tokens for the property tests."""

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
        turns.append(TurnTokens(role, start, end, text, cut=draw(st.booleans())))
    turns.sort(key=lambda turn: turn.start)
    padding = sum(len(turn.text) for turn in turns) // TEXT + 1
    total = units + padding * CHUNK
    user, assistant = (rng.integers(0, VOCABULARY.units, total).astype(np.int32) for _ in range(2))
    return SceneTokens("d-000001", "train", user, assistant, tuple(turns))
