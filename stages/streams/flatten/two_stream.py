"""`two_stream`, full duplex without text: chunks of user speech, assistant speech."""

from dataclasses import dataclass

import numpy as np

from stages.streams.flatten.chunked import assistant_ids, read_assistant, read_user, rows_of
from stages.streams.flatten.record import Flattened, SceneTokens
from stages.streams.vocabulary import Ids, Vocabulary


def flatten_two_stream(scene: SceneTokens, vocabulary: Vocabulary, units: int, max_length: int) -> Flattened:
    """Return rows of chunks ``user units | assistant units``; the assistant's are silent where it says nothing."""
    user = vocabulary.unit_ids(scene.user).reshape(-1, units)
    grid = np.hstack([user, assistant_ids(scene, vocabulary).reshape(-1, units)])
    return Flattened(rows_of(scene, "two_stream", grid, units, max_length, units / vocabulary.rate_hz))


@dataclass(frozen=True)
class TwoStreams:
    """The streams of a `two_stream` row: units from 0, `SILENCE` where the assistant is silent."""

    user: Ids
    assistant: Ids


def unflatten_two_stream(ids: Ids, vocabulary: Vocabulary, units: int) -> TwoStreams:
    """Return the streams of a row.

    Raises:
        ValueError: the row is not a whole number of chunks, or an id is in another stream's slot; the message
            names the position and the id.
    """
    width = 2 * units
    return TwoStreams(
        user=read_user(ids, width, slice(units), vocabulary),
        assistant=read_assistant(ids, width, slice(units, width), vocabulary),
    )
