"""Every field of a record has its column: a table drops, without an error, what its schema doesn't name."""

from dataclasses import fields
from typing import Any

import pyarrow as pa
import pytest

from manifests.acoustics import Acoustics, EchoMix, GainMix, LineMix, RoomMix
from manifests.features import dialogues_schema, token_schema
from manifests.records import (
    Aside,
    BackchannelMark,
    Dialogue,
    Event,
    NoiseMix,
    PlacedTurn,
    Reject,
    Scene,
    SpokenDialogue,
    SpokenTurn,
    TextTurn,
    TokenRow,
    TurnScores,
    Word,
)
from manifests.tables import DIALOGUE_SCHEMA, REJECT_SCHEMA, SPOKEN_SCHEMA

SCENES = dialogues_schema(16_000)
SLOT = ("id", "index", "split")
AS_COLUMNS: dict[str, tuple[str, ...]] = {"slot": SLOT, "samples": ("audio",), "row_id": ("id",)}
"""Fields whose columns have other names."""


def struct(schema: pa.Schema, path: str) -> list[str]:
    """Return the names of the fields at a path such as ``turns.scores``, through lists."""
    kind: Any = pa.struct(list(schema))
    for name in path.split(".") if path else []:
        kind = kind.field(name).type
        kind = kind.value_type if pa.types.is_list(kind) else kind
    return [field.name for field in kind]


@pytest.mark.parametrize(
    ("record", "schema", "path"),
    [
        (TextTurn, DIALOGUE_SCHEMA, "turns"),
        (BackchannelMark, DIALOGUE_SCHEMA, "turns.backchannels"),
        (SpokenTurn, SPOKEN_SCHEMA, "turns"),
        (SpokenTurn, SPOKEN_SCHEMA, "backchannels"),
        (TextTurn, SPOKEN_SCHEMA, "turns.turn"),
        (Word, SPOKEN_SCHEMA, "turns.words"),
        (TurnScores, SPOKEN_SCHEMA, "turns.scores"),
        (PlacedTurn, SCENES, "turns"),
        (Word, SCENES, "turns.words"),
        (TurnScores, SCENES, "turns.scores"),
        (Aside, SCENES, "asides"),
        (Word, SCENES, "asides.words"),
        (Event, SCENES, "events"),
        (NoiseMix, SCENES, "noise"),
        (Acoustics, SCENES, "acoustics"),
        (RoomMix, SCENES, "acoustics.room"),
        (EchoMix, SCENES, "acoustics.echo"),
        (GainMix, SCENES, "acoustics.gain"),
        (LineMix, SCENES, "acoustics.line"),
        (Reject, REJECT_SCHEMA, ""),
        (TurnScores, REJECT_SCHEMA, "scores"),
        (Dialogue, DIALOGUE_SCHEMA, ""),
        (SpokenDialogue, SPOKEN_SCHEMA, ""),
    ],
)
def test_a_records_fields_are_its_structs(record: type, schema: pa.Schema, path: str) -> None:
    assert sorted(struct(schema, path)) == sorted(columns_of(record))


def test_a_scenes_fields_are_columns_beside_what_is_told_for_convenience() -> None:
    # The audio tells its own sample rate.
    assert set(SCENES.names) == {*columns_of(Scene), "duration_s", "voices"} - {"sample_rate"}


def test_a_token_rows_fields_are_columns_but_the_config_that_its_file_is_of() -> None:
    assert set(token_schema().names) == set(columns_of(TokenRow)) - {"config"}


def columns_of(record: Any) -> list[str]:
    return [name for field in fields(record) for name in AS_COLUMNS.get(field.name, (field.name,))]
