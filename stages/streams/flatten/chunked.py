"""What `three_stream` and `two_stream` share: a grid with a row per chunk, cut into token rows."""

import numpy as np

from manifests.records import TokenConfig, TokenRow
from stages.streams.flatten.record import SceneTokens
from stages.streams.flatten.spans import check_units
from stages.streams.vocabulary import SILENT_SPEECH, Ids, Vocabulary

Grid = np.ndarray[tuple[int, int], np.dtype[np.int32]]

SILENCE = -1
"""Stands for the assistant's silence among units that were read back."""


def assistant_ids(scene: SceneTokens, vocabulary: Vocabulary) -> Ids:
    """Return the ids of the assistant's channel, silent_speech_token outside its turns and asides."""
    speaking = np.zeros(len(scene.assistant), np.bool_)
    for turn in scene.heard:
        if turn.role == "assistant":
            speaking[turn.start : turn.end] = True
    ids: Ids = np.where(speaking, vocabulary.unit_ids(scene.assistant), vocabulary.special(SILENT_SPEECH))
    return ids.astype(np.int32)


def rows_of(
    scene: SceneTokens, config: TokenConfig, chunks: Grid, user_slots: int, max_length: int, chunk_s: float
) -> tuple[TokenRow, ...]:
    """Return the chunks, shape (n, tokens per chunk), in rows of as many whole chunks as fit in `max_length`.

    Loss is computed everywhere except on the first `user_slots` tokens of each chunk, the user's speech.
    """
    per_row = max_length // chunks.shape[1]
    if not per_row:
        raise ValueError(f"max_length {max_length} is less than one chunk of {chunks.shape[1]} tokens")
    loss = np.ones(chunks.shape, np.bool_)
    loss[:, :user_slots] = False
    return tuple(
        TokenRow(
            config=config,
            row_id=f"{scene.dialogue_id}-{config}-{start // per_row}",
            dialogue_id=scene.dialogue_id,
            split=scene.split,
            task=config,
            start_s=start * chunk_s,
            input_ids=chunks[start : start + per_row].reshape(-1),
            loss_mask=loss[start : start + per_row].reshape(-1),
        )
        for start in range(0, len(chunks), per_row)
    )


def read_grid(ids: Ids, width: int) -> Grid:
    """Return a row as chunks.

    Raises:
        ValueError: the row is not a whole number of chunks.
    """
    if len(ids) % width:
        raise ValueError(f"position {len(ids) - len(ids) % width}: the last chunk has {len(ids) % width} of {width}")
    return ids.reshape(-1, width)


def read_user(ids: Ids, width: int, slots: slice, vocabulary: Vocabulary) -> Ids:
    """Return the units, from 0, in some slots of every chunk; every one must be a unit of its codebook.

    Raises:
        ValueError: another id is there, with its position.
    """
    positions = _positions(ids, width, slots)
    check_units(ids, positions, vocabulary, "a unit of the user")
    units: Ids = ids[positions] - np.int32(vocabulary.unit_offset)
    return units


def read_assistant(ids: Ids, width: int, slots: slice, vocabulary: Vocabulary) -> Ids:
    """Return the units, from 0, in some slots of every chunk, `SILENCE` for silent_speech_token, frame by frame.

    Raises:
        ValueError: another id is there, with its position.
    """
    positions = _positions(ids, width, slots)
    silent = ids[positions] == vocabulary.special(SILENT_SPEECH)
    frames = silent.reshape(-1, vocabulary.codebooks)
    partly = np.flatnonzero(frames.any(axis=1) != frames.all(axis=1))
    if len(partly):
        place = int(positions[partly[0] * vocabulary.codebooks])
        raise ValueError(f"position {place}: a frame of the assistant that is only partly silent")
    check_units(ids, positions[~silent], vocabulary, "a unit of the assistant")
    units: Ids = np.where(silent, SILENCE, ids[positions] - vocabulary.unit_offset).astype(np.int32)
    return units


def _positions(ids: Ids, width: int, slots: slice) -> Ids:
    grid = read_grid(np.arange(len(ids), dtype=np.int32), width)
    return grid[:, slots].reshape(-1)
