import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from manifests.errors import BuildError
from manifests.records import Scene, Slot, SpokenDialogue, SpokenTurn, TextTurn
from manifests.tables import scenes_from_table, scenes_to_table
from noise import Catalogue, CategoryWeights
from stages.scenes import ScenesConfig, SceneStage
from stages.speech.turn_words import turn_words

ROOT = Path(__file__).resolve().parent.parent.parent
RATE = 16_000
QUIET = {"noise": {"source": "none"}}
ALL_PARTS = {
    "acoustics": {
        "room": {"share": 1.0},
        "echo": {"share": 1.0, "gain": {"min": 0.1, "max": 0.2}},
        "gain": {"share": 1.0},
        "line": {"share": 1.0, "codecs": {"mulaw": 1, "alaw": 1, "gsm": 1}},
    }
}


def dialogue(index: int = 0) -> SpokenDialogue:
    turns = []
    for number in range(4):
        speech = 0.05 * np.random.default_rng(number).standard_normal(2 * RATE)
        turn = TextTurn(("user", "assistant")[number % 2], "some words that are said", "", number == 2)
        words = turn_words(turn.text, 0.0, 2.0, None).words
        turns.append(SpokenTurn(turn, "voice", speech.astype(np.float32), 0.0, 2.0, words, "characters"))
    return SpokenDialogue(Slot(index, f"d{index}", "train"), "en", "test", RATE, tuple(turns))


def scenes(config: dict[str, object], folder: Path | None = None, count: int = 3) -> list[Scene]:
    catalogue = Catalogue.open(str(folder), CategoryWeights()) if folder else None
    stage = SceneStage(ScenesConfig.model_validate(config), 1, catalogue)
    made = list(stage.process([dialogue(index) for index in range(count)]))
    assert all(isinstance(scene, Scene) for scene in made), made
    return [scene for scene in made if isinstance(scene, Scene)]


@pytest.fixture
def hiss(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "hiss.wav", 0.05 * np.random.default_rng(9).standard_normal(5 * RATE), RATE)
    return tmp_path


def test_whatever_surrounds_the_user_the_assistants_channel_and_the_timing_stay_as_they_were(hiss: Path) -> None:
    for plain, full in zip(scenes(QUIET), scenes(ALL_PARTS, hiss), strict=True):
        assert np.array_equal(full.samples[:, 1], plain.samples[:, 1])
        assert not np.array_equal(full.samples[:, 0], plain.samples[:, 0])
        assert (full.turns, full.events) == (plain.turns, plain.events)
        assert np.abs(full.samples).max() < 1


def test_what_was_done_is_in_the_published_columns(hiss: Path) -> None:
    made = scenes(ALL_PARTS, hiss)
    read = list(scenes_from_table(scenes_to_table(made, RATE)))
    for before, after in zip(made, read, strict=True):
        assert after.acoustics == before.acoustics
        assert None not in (after.acoustics.room, after.acoustics.echo, after.acoustics.gain, after.acoustics.line)
    (plain,) = scenes_from_table(scenes_to_table(scenes(QUIET, count=1), RATE))
    assert dataclasses.astuple(plain.acoustics) == (None, None, None, None, 0.0)


WORKER = """
import hashlib, json, sys
from manifests.tables import scenes_to_table
from noise import Catalogue, CategoryWeights
from stages.scenes import ScenesConfig, SceneStage
from tests.scenes.test_scene_acoustics import ALL_PARTS, RATE, dialogue
config = ScenesConfig.model_validate(ALL_PARTS | {"timing": {"profile": "human"}})
stage = SceneStage(config, 1, Catalogue.open(sys.argv[1], CategoryWeights()))
for batch in json.loads(sys.argv[2]):
    for scene in stage.process([dialogue(index) for index in batch]):
        (row,) = scenes_to_table([scene], RATE).to_pylist()
        sound = hashlib.sha256(row.pop("audio")["bytes"]).hexdigest()
        print(json.dumps([row["id"], sound, row], default=str))
"""
"""A process that makes the scenes of the dialogues it is given, batch by batch."""


def test_the_same_seed_gives_the_same_bytes_whatever_the_threads_the_worker_and_the_order(hiss: Path) -> None:
    printed = []
    for threads, batches in (("1", "[[0, 1, 2]]"), ("2", "[[2], [1, 0]]")):
        limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PRA_NUM_THREADS"), threads)
        done = subprocess.run(
            [sys.executable, "-c", WORKER, str(hiss), batches],
            cwd=ROOT,
            env={**os.environ, **limits},
            capture_output=True,
            text=True,
            check=True,
        )
        printed.append(sorted(done.stdout.splitlines()))
    assert len(printed[0]) == 3
    assert printed[0] == printed[1]


def test_rooms_that_are_not_there_stop_the_run(tmp_path: Path) -> None:
    room = {"share": 0.1, "source": "folder", "path": str(tmp_path / "nowhere")}
    with pytest.raises(BuildError, match=r"nowhere.*does not exist.*scenes\.acoustics\.room\.path"):
        SceneStage(ScenesConfig.model_validate({**QUIET, "acoustics": {"room": room}}), 1, None)
