"""`three_stream`, full duplex: chunks of user speech, assistant text, assistant speech."""

from dataclasses import dataclass

import numpy as np

from stages.streams.flatten.assistant_text import lay_out_text
from stages.streams.flatten.chunked import SILENCE, assistant_ids, read_assistant, read_grid, read_user, rows_of
from stages.streams.flatten.record import Flattened, SceneTokens
from stages.streams.flatten.spans import check_range
from stages.streams.vocabulary import SILENT_TEXT, Ids, Vocabulary


def flatten_three_stream(
    scene: SceneTokens, vocabulary: Vocabulary, units: int, text: int, max_length: int
) -> Flattened:
    """Return rows of chunks ``user units | assistant text | assistant units``.

    Empty text slots hold silent_text_token, the assistant's units outside its turns and asides silent_speech_token. The
    notes count texts that outlast their speech and tokens of heard words that a cut leaves no room for.

    Args:
        units, text: slots of each speech and of the text in a chunk.

    Raises:
        ValueError: the scene has fewer chunks than its text needs, see `lay_out_text`.
    """
    layout = lay_out_text(scene.heard, units, text)
    chunks = len(scene.user) // units
    if layout.chunks > chunks:
        raise ValueError(f"{scene.dialogue_id}: text needs {layout.chunks} chunks, but the channels have {chunks}")
    slots = np.full(chunks * text, vocabulary.special(SILENT_TEXT), np.int32)
    for slot, token in layout.slots:
        slots[slot] = token
    user = vocabulary.unit_ids(scene.user)
    assistant = assistant_ids(scene, vocabulary)
    grid = np.hstack([user.reshape(-1, units), slots.reshape(-1, text), assistant.reshape(-1, units)])
    rows = rows_of(scene, "three_stream", grid, units, max_length, units / vocabulary.rate_hz)
    notes = {"text_outlives_speech": layout.outlives, "text_dropped_at_cut": layout.dropped}
    return Flattened(rows, notes={note: count for note, count in notes.items() if count})


@dataclass(frozen=True)
class ThreeStreams:
    """The streams of a `three_stream` row, slot by slot.

    Attributes:
        user: units from 0.
        text: text ids, `SILENCE` where there is no text.
        assistant: units from 0, `SILENCE` where the assistant is silent.
    """

    user: Ids
    text: Ids
    assistant: Ids


def unflatten_three_stream(ids: Ids, vocabulary: Vocabulary, units: int, text: int) -> ThreeStreams:
    """Return the streams of a row.

    Raises:
        ValueError: the row is not a whole number of chunks, or an id is in another stream's slot; the message
            names the position and the id.
    """
    width = 2 * units + text
    positions = read_grid(np.arange(len(ids), dtype=np.int32), width)[:, units : units + text].reshape(-1)
    silent = ids[positions] == vocabulary.special(SILENT_TEXT)
    check_range(ids, positions[~silent], 0, vocabulary.text_size, "text")
    return ThreeStreams(
        user=read_user(ids, width, slice(units), vocabulary),
        text=np.where(silent, SILENCE, ids[positions]).astype(np.int32),
        assistant=read_assistant(ids, width, slice(units + text, width), vocabulary),
    )
