"""`validate` finds ids that stand twice in a corpus or where they don't belong, though it holds one shard's alone."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from manifests.names import Split
from manifests.records import Scene, Slot, TokenRow
from manifests.tables import scenes_to_table, token_rows_to_table
from pipeline.validate import check_corpus
from tests.manifests import corpus_samples
from tests.pipeline.published_scenes import config, publish_tables
from tests.scenes.speech_clips import RATE

FOUR_SHARDS = config({"profile": "paper"})
"""One dialogue each, all in training."""
FIRST, SECOND = "train/shard-00000", "train/shard-00001"


def scene(index: int, split: Split = "train") -> Scene:
    return replace(corpus_samples.scene(index), slot=Slot(index, f"d{index:08d}", split))


def row(index: int, name: str = "0", split: Split = "train") -> TokenRow:
    dialogue, units = f"d{index:08d}", np.arange(34, 54, dtype=np.int32)
    return TokenRow(
        "two_stream", f"{dialogue}-two_stream-{name}", dialogue, split, "two_stream", 0.0, units, units >= 44
    )


def problems(folder: Path, scenes: Mapping[str, Sequence[Scene]], rows: Mapping[str, Sequence[TokenRow]]) -> list[str]:
    """Return what is wrong with scenes and rows, each given by the split and shard that they stand in."""
    tables = {f"data/dialogues/{place}.parquet": scenes_to_table(stand, RATE) for place, stand in scenes.items()}
    tables |= {f"data/two_stream/{place}.parquet": token_rows_to_table(stand) for place, stand in rows.items()}
    publish_tables(folder, tables, FOUR_SHARDS)
    return [problem for problem in check_corpus(str(folder)).problems if problem.startswith("data/")]


def test_dialogues_in_their_shards_with_their_rows_pass(tmp_path) -> None:
    scenes = {FIRST: [scene(0)], SECOND: [scene(1)]}
    assert problems(tmp_path, scenes, {FIRST: [row(0), row(0, "1")], SECOND: [row(1)]}) == []


def test_a_dialogue_or_row_that_stands_twice_in_a_file_is_named(tmp_path) -> None:
    assert problems(tmp_path, {FIRST: [scene(0), scene(0)]}, {FIRST: [row(0), row(0)]}) == [
        "data/dialogues/train/shard-00000.parquet, d00000000: a second dialogue with that id",
        "data/two_stream/train/shard-00000.parquet, d00000000-two_stream-0: a second row with that id",
    ]


def test_a_dialogue_that_stands_in_another_shard_or_split_is_named(tmp_path) -> None:
    held_out = "test/shard-00001"
    assert problems(tmp_path, {FIRST: [scene(0)], SECOND: [scene(0)], held_out: [scene(1, "test")]}, {}) == [
        "data/dialogues/train/shard-00001.parquet, d00000000: not a dialogue that the plan has in this shard and split",
        "data/dialogues/test/shard-00001.parquet, d00000001: not a dialogue that the plan has in this shard and split",
    ]


def test_a_row_in_another_shard_than_its_dialogue_is_named(tmp_path) -> None:
    (problem,) = problems(tmp_path, {FIRST: [scene(0)], SECOND: [scene(1)]}, {SECOND: [row(0)]})
    assert "shard-00001.parquet, d00000000-two_stream-0: dialogue d00000000 is not in split 'train'" in problem


def test_a_row_whose_id_is_of_another_dialogue_is_named(tmp_path) -> None:
    stray = replace(row(1), row_id=row(0).row_id)
    (problem,) = problems(tmp_path, {FIRST: [scene(0)], SECOND: [scene(1)]}, {FIRST: [row(0)], SECOND: [stray]})
    assert problem.endswith("d00000000-two_stream-0: the id does not begin with d00000001-two_stream-")


def test_of_many_problems_the_first_are_kept_and_all_are_counted(tmp_path) -> None:
    wrong = {}
    for rows in (1, 60):
        tables = {f"data/dialogues/{FIRST}.parquet": scenes_to_table([scene(0)], RATE)}
        tables[f"data/two_stream/{FIRST}.parquet"] = token_rows_to_table([row(0)] * rows)
        publish_tables(tmp_path / str(rows), tables, FOUR_SHARDS)
        wrong[rows] = check_corpus(str(tmp_path / str(rows)))
    assert len(wrong[1].problems) == wrong[1].wrong < 50
    assert len(wrong[60].problems) == 50
    assert all(problem.endswith("a second row with that id") for problem in wrong[60].problems)
    assert wrong[60].wrong == wrong[1].wrong + 59
