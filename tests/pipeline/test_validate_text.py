"""`validate` finds turns whose heard text is no beginning of the written one."""

from dataclasses import replace

import pytest

from manifests.records import Scene
from pipeline.validate import check_corpus
from tests.pipeline.published_scenes import config, publish, scenes_of

PAPER = {"profile": "paper"}


@pytest.fixture(scope="module")
def scene() -> Scene:
    (made,) = scenes_of(config(PAPER), 1)
    return made


@pytest.mark.parametrize(
    ("cut", "text", "written", "problem"),
    [
        (False, "Yes, it is.", "Yes, it is.", None),
        (True, "Yes,", "Yes, it is.", None),
        (True, "Yes, it is.", "Yes, it is.", None),
        (True, "No,", "Yes, it is.", "turn 1: written 'Yes, it is.' does not begin with text 'No,'"),
        (False, "Yes,", "Yes, it is.", "turn 1: not cut, but text 'Yes,' is not all of written 'Yes, it is.'"),
    ],
)
def test_what_is_heard_begins_what_is_written_and_is_all_of_it_unless_cut(
    tmp_path, scene, cut, text, written, problem
) -> None:
    turns = list(scene.turns)
    turns[1] = replace(turns[1], cut=cut, text=text, written=written)
    publish(tmp_path, [replace(scene, turns=tuple(turns))], config(PAPER))
    found = [each for each in check_corpus(str(tmp_path)).problems if each.startswith("data/")]
    assert found == (
        [f"data/dialogues/train/shard-00000.parquet, {scene.slot.dialogue_id}: {problem}"] if problem else []
    )
