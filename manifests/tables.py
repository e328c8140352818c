"""Records to Arrow tables and back, for every artefact; and the one way a table becomes Parquet.

Columns of structs are named like the fields of their records, so that `dataclasses.asdict` gives a struct's value.
Readers trust what they read: artefacts are checked against the manifests before they come here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from manifests.acoustics import Acoustics
from manifests.audio import decode_audio, encode_flac
from manifests.features import dialogues_schema, token_schema
from manifests.records import (
    Aside,
    BackchannelMark,
    Dialogue,
    Event,
    NoiseMix,
    PlacedTurn,
    Reject,
    Role,
    Scene,
    Slot,
    SpokenDialogue,
    SpokenTurn,
    TextTurn,
    TokenConfig,
    TokenRow,
    TurnScores,
    Word,
)

_SLOT = [("id", pa.string()), ("index", pa.int64()), ("split", pa.string())]
_MARK = pa.struct([("after", pa.int32()), ("text", pa.string())])
_TEXT_TURN = [
    ("role", pa.string()),
    ("text", pa.string()),
    ("spoken", pa.string()),
    ("interrupts", pa.bool_()),
    ("backchannels", pa.list_(_MARK)),
]
_WORDS = pa.list_(pa.struct([("text", pa.string()), ("start_s", pa.float64()), ("end_s", pa.float64())]))
_SCORES = pa.struct(
    [
        ("attempts", pa.int32()),
        ("characters_per_s", pa.float64()),
        ("clipped_share", pa.float64()),
        ("silence_share", pa.float64()),
        ("longest_silence_s", pa.float64()),
        ("speech_over_floor_db", pa.float64()),
        ("heard", pa.string()),
        ("wer", pa.float64()),
        ("cer", pa.float64()),
        ("dnsmos", pa.float64()),
    ]
)

DIALOGUE_SCHEMA = pa.schema(
    [
        *_SLOT,
        ("language", pa.string()),
        ("source", pa.string()),
        ("scenario", pa.string()),
        ("turns", pa.list_(pa.struct(_TEXT_TURN))),
    ]
)
"""Artefact of the dialogues stage."""

_SPOKEN_TURN = pa.struct(
    [
        ("turn", pa.struct(_TEXT_TURN)),
        ("voice", pa.string()),
        ("speech_start_s", pa.float64()),
        ("speech_end_s", pa.float64()),
        ("words", _WORDS),
        ("words_from", pa.string()),
        ("words_shared", pa.int32()),
        ("speed", pa.float64()),
        ("scores", _SCORES),
        ("audio", pa.binary()),
    ]
)

SPOKEN_SCHEMA = pa.schema(
    [
        *_SLOT,
        ("language", pa.string()),
        ("source", pa.string()),
        ("sample_rate", pa.int32()),
        ("turns", pa.list_(_SPOKEN_TURN)),
        ("backchannels", pa.list_(_SPOKEN_TURN)),
    ]
)
"""Artefact of the speech stage; `audio` is one mono FLAC per clip."""

REJECT_SCHEMA = pa.schema(
    [
        ("dialogue_id", pa.string()),
        ("stage", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("content", pa.string()),
        ("final", pa.bool_()),
        ("scores", _SCORES),
        ("audio", pa.string()),
    ]
)
"""What a stage left out, and why; `audio` names a FLAC file next to it."""

AUDIO_ROWS_PER_GROUP = 16
"""A row holds about 50 kB of FLAC a second; readers hold one row group at a time. Arrow takes nested audio of up to
2 GiB as one piece: so much may stand in a group, 40 minutes a row."""

ROWS_PER_GROUP = 512
"""A row of 8,192 tokens is 33 kB in memory, so a group is at most 17 MB."""


def dialogues_to_table(dialogues: Iterable[Dialogue]) -> pa.Table:
    """Return one row per text dialogue."""
    rows = [
        {
            **_slot_columns(dialogue.slot),
            "language": dialogue.language,
            "source": dialogue.source,
            "scenario": dialogue.scenario,
            "turns": [asdict(turn) for turn in dialogue.turns],
        }
        for dialogue in dialogues
    ]
    return _table(rows, DIALOGUE_SCHEMA)


def dialogues_from_table(table: pa.Table) -> Iterator[Dialogue]:
    """Yield the text dialogues of a table that `dialogues_to_table` made."""
    for row in _rows(table):
        turns = tuple(map(_text_turn, row["turns"]))
        yield Dialogue(_slot(row), row["language"], row["source"], row["scenario"], turns)


def spoken_to_table(dialogues: Iterable[SpokenDialogue]) -> pa.Table:
    """Return one row per spoken dialogue, each turn as 16-bit FLAC (so samples come back rounded to 1/32768)."""
    rows = [
        {
            **_slot_columns(dialogue.slot),
            "language": dialogue.language,
            "source": dialogue.source,
            "sample_rate": dialogue.sample_rate,
            "turns": [_spoken_turn_row(spoken, dialogue.sample_rate) for spoken in dialogue.turns],
            "backchannels": [_spoken_turn_row(spoken, dialogue.sample_rate) for spoken in dialogue.backchannels],
        }
        for dialogue in dialogues
    ]
    return _table(rows, SPOKEN_SCHEMA)


def spoken_from_table(table: pa.Table) -> Iterator[SpokenDialogue]:
    """Yield the spoken dialogues of a table that `spoken_to_table` made, decoding one at a time."""
    for row in _rows(table):
        turns, backchannels = (tuple(map(_spoken_turn, row[key])) for key in ("turns", "backchannels"))
        yield SpokenDialogue(_slot(row), row["language"], row["source"], row["sample_rate"], turns, backchannels)


def scenes_to_table(scenes: Iterable[Scene], sample_rate: int) -> pa.Table:
    """Return one row per scene, with the columns of the published `dialogues` config.

    Args:
        scenes: consumed one at a time; only their FLAC is kept.
        sample_rate: of every scene, in Hz; stated in the schema.

    Raises:
        ValueError: a scene has another sample rate.
    """
    rows = [_scene_row(scene, sample_rate) for scene in scenes]
    return _table(rows, dialogues_schema(sample_rate))


def scenes_from_table(table: pa.Table) -> Iterator[Scene]:
    """Yield the scenes of a table that `scenes_to_table` made, decoding one at a time."""
    for row in _rows(table):
        samples, sample_rate = decode_audio(row["audio"]["bytes"])
        yield Scene(
            slot=_slot(row),
            language=row["language"],
            source=row["source"],
            sample_rate=sample_rate,
            samples=samples,
            turns=tuple(_placed_turn(turn) for turn in row["turns"]),
            events=tuple(Event(**event) for event in row["events"]),
            noise=NoiseMix(**row["noise"]) if row["noise"] else None,
            notes=tuple(row["notes"]),
            acoustics=Acoustics.from_columns(row["acoustics"]),
            asides=tuple(map(_aside, row["asides"])),
        )


def token_rows_to_table(rows: Iterable[TokenRow]) -> pa.Table:
    """Return one Arrow row per token row. Rows of one config and split belong in one table."""
    rows = list(rows)
    columns = [
        [row.row_id for row in rows],
        [row.dialogue_id for row in rows],
        [row.split for row in rows],
        [row.task for row in rows],
        [row.start_s for row in rows],
        _list_array([row.input_ids for row in rows], pa.int32()),
        _list_array([row.loss_mask for row in rows], pa.bool_()),
    ]
    schema = token_schema()
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def token_rows_from_table(table: pa.Table, config: TokenConfig) -> Iterator[TokenRow]:
    """Yield the token rows of a table that `token_rows_to_table` made from rows of `config`."""
    for batch in table.to_batches():
        plain = batch.select(["id", "dialogue_id", "split", "task", "start_s"]).to_pylist()
        for row, ids, mask in zip(plain, batch["input_ids"], batch["loss_mask"], strict=True):
            yield TokenRow(
                config=config,
                row_id=row["id"],
                dialogue_id=row["dialogue_id"],
                split=row["split"],
                task=row["task"],
                start_s=row["start_s"],
                input_ids=ids.values.to_numpy(),
                loss_mask=mask.values.to_numpy(zero_copy_only=False),
            )


def rejects_to_table(rejects: Iterable[Reject]) -> pa.Table:
    """Return one row per reject."""
    return _table([asdict(reject) for reject in rejects], REJECT_SCHEMA)


def rejects_from_table(table: pa.Table) -> Iterator[Reject]:
    """Yield the rejects of a table that `rejects_to_table` made."""
    for row in _rows(table):
        yield Reject(**{**row, "scores": _scores(row["scores"])})


def write_parquet(table: pa.Table, destination: Path | BinaryIO) -> None:
    """Write a table as Parquet; the same rows give the same bytes in every process, however the table is chunked.

    No column of the whole table is ever one piece, since Arrow can't nest audio beyond 2 GiB; a row group is.
    zstd everywhere but on audio, which FLAC has packed already; row groups small enough to stream; pages cut by
    content and indexed, so that a store that deduplicates (the Hub) takes only what changed.
    """
    columns = _leaf_columns(table.schema)
    audio = [path for path, is_binary in columns.items() if is_binary]
    text_and_numbers = [path for path, is_binary in columns.items() if not is_binary]
    rows = AUDIO_ROWS_PER_GROUP if audio else ROWS_PER_GROUP
    with pq.ParquetWriter(
        destination,
        table.schema,
        compression=dict.fromkeys(text_and_numbers, "zstd") | dict.fromkeys(audio, "none"),
        use_dictionary=text_and_numbers,
        use_content_defined_chunking=True,
        write_page_index=True,
    ) as writer:
        for first in range(0, max(table.num_rows, 1), rows):
            writer.write_table(table.slice(first, rows).combine_chunks(), row_group_size=rows)


def _table(rows: Iterable[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    """Return a table of rows; lone surrogates, which people's files may have and UTF-8 can't, are spelt out."""
    return pa.Table.from_pylist([_spelt_out(row) for row in rows], schema=schema)


def _spelt_out(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {key: _spelt_out(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_spelt_out(each) for each in value]
    return value


def _spoken_turn_row(spoken: SpokenTurn, sample_rate: int) -> dict[str, Any]:
    return {
        "turn": asdict(spoken.turn),
        "voice": spoken.voice,
        "speech_start_s": spoken.speech_start_s,
        "speech_end_s": spoken.speech_end_s,
        "words": [asdict(word) for word in spoken.words],
        "words_from": spoken.words_from,
        "words_shared": spoken.words_shared,
        "speed": spoken.speed,
        "scores": asdict(spoken.scores) if spoken.scores else None,
        "audio": encode_flac(spoken.samples, sample_rate),
    }


def _spoken_turn(row: dict[str, Any]) -> SpokenTurn:
    return SpokenTurn(
        _text_turn(row["turn"]),
        row["voice"],
        decode_audio(row["audio"])[0],
        row["speech_start_s"],
        row["speech_end_s"],
        _words(row["words"]),
        row["words_from"],
        row["words_shared"],
        row["speed"],
        _scores(row["scores"]),
    )


def _text_turn(turn: dict[str, Any]) -> TextTurn:
    marks = tuple(BackchannelMark(**mark) for mark in turn["backchannels"])
    return TextTurn(**{**turn, "backchannels": marks})


def _scene_row(scene: Scene, sample_rate: int) -> dict[str, Any]:
    if scene.sample_rate != sample_rate:
        raise ValueError(f"{scene.slot.dialogue_id}: {scene.sample_rate} Hz in a table of {sample_rate} Hz")
    return {
        **_slot_columns(scene.slot),
        "language": scene.language,
        "source": scene.source,
        "duration_s": len(scene.samples) / sample_rate,
        "voices": {"user": _voice_of(scene, "user"), "assistant": _voice_of(scene, "assistant")},
        "turns": [asdict(turn) for turn in scene.turns],
        "asides": [asdict(aside) for aside in scene.asides],
        "events": [asdict(event) for event in scene.events],
        "noise": asdict(scene.noise) if scene.noise else None,
        "acoustics": asdict(scene.acoustics),
        "notes": list(scene.notes),
        "audio": {
            "bytes": encode_flac(scene.samples, sample_rate),
            "path": f"{scene.slot.dialogue_id}.flac",
        },
    }


def _voice_of(scene: Scene, role: Role) -> str | None:
    return next((turn.voice for turn in scene.turns if turn.role == role), None)


def _placed_turn(turn: dict[str, Any]) -> PlacedTurn:
    return PlacedTurn(**{**turn, "words": _words(turn["words"]), "scores": _scores(turn["scores"])})


def _words(words: list[dict[str, Any]]) -> tuple[Word, ...]:
    return tuple(Word(**word) for word in words)


def _aside(aside: dict[str, Any]) -> Aside:
    return Aside(**{**aside, "words": _words(aside["words"])})


def _scores(scores: dict[str, Any] | None) -> TurnScores | None:
    return TurnScores(**scores) if scores else None


def _slot_columns(slot: Slot) -> dict[str, Any]:
    return {"id": slot.dialogue_id, "index": slot.index, "split": slot.split}


def _slot(row: dict[str, Any]) -> Slot:
    return Slot(row["index"], row["id"], row["split"])


def _rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    """Yield rows as dicts, one at a time: a whole table of audio would be in memory twice."""
    for batch in table.to_batches(max_chunksize=1):
        yield from batch.to_pylist()


def _list_array(arrays: list[np.ndarray[Any, Any]], value_type: pa.DataType) -> pa.ListArray:
    offsets = np.cumsum([0, *map(len, arrays)], dtype=np.int32)
    values = np.concatenate(arrays) if arrays else np.zeros(0)
    return pa.ListArray.from_arrays(offsets, pa.array(values, value_type))


def _leaf_columns(schema: pa.Schema) -> dict[str, bool]:
    """Return each column's Parquet path (``turns.list.element.text``), and whether it holds bytes, not text."""
    sink = pa.BufferOutputStream()
    pq.write_table(schema.empty_table(), sink)
    parquet = pq.ParquetFile(pa.BufferReader(sink.getvalue())).schema
    leaves = [parquet.column(position) for position in range(len(parquet))]
    return {leaf.path: leaf.physical_type == "BYTE_ARRAY" and leaf.logical_type.type == "NONE" for leaf in leaves}
