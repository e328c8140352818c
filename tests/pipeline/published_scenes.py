"""A folder that holds nothing but published scenes, as far as `validate` and the timing report read it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from manifests.completion import ArtefactFile
from manifests.published import PUBLISHED_RECORD, PublishedFile, PublishedRecord
from manifests.records import Scene
from manifests.tables import scenes_to_table, write_parquet
from pipeline.claim import RUN_RECORD, RunRecord
from pipeline.config import RunConfig
from pipeline.facts import CorpusFacts
from pipeline.storage import Store, sha256
from stages.scenes import SceneStage
from stages.streams.vocabulary import Vocabulary
from tests.scenes.speech_clips import RATE, conversation

SHARD = "data/dialogues/train/shard-{:05d}.parquet"


def config(timing: Mapping[str, Any], **check: object) -> RunConfig:
    return RunConfig.model_validate(
        {
            "name": "heard",
            "corpus": {"dialogues": 4, "dialogues_per_shard": 1},
            "dialogues": {"source": "llm"},
            "speech": {},
            "scenes": {"timing": timing, "noise": {"source": "none"}},
            "streams": {},
            "timing_check": check,
        }
    )


def scenes_of(made_with: RunConfig, count: int = 4) -> list[Scene]:
    stage = SceneStage(made_with.scenes, 5, None)
    made = list(stage.process([conversation(index) for index in range(count)]))
    return [scene for scene in made if isinstance(scene, Scene)]


def publish(folder: Path, scenes: Sequence[Scene], said: RunConfig) -> CorpusFacts:
    """Publish one scene a shard and return the facts of them.

    Args:
        folder: an empty one.
        scenes: the corpus.
        said: the config that the folder says they were made from.
    """
    tables = {SHARD.format(number): scenes_to_table([scene], RATE) for number, scene in enumerate(scenes)}
    files = [
        ArtefactFile("dialogues", "train", file.path, 1, file.size, file.sha256)
        for file in publish_tables(folder, tables, said)
    ]
    return CorpusFacts(len(scenes), {}, {}, {}, list(enumerate(files)))


def publish_tables(folder: Path, tables: Mapping[str, pa.Table], said: RunConfig) -> tuple[PublishedFile, ...]:
    """Publish tables, each at its path, as `publish` does scenes; return the record's files."""
    store = Store(str(folder))
    files = []
    for name, table in tables.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_parquet(table, path)
        data = path.read_bytes()
        files.append(PublishedFile(name, len(data), sha256(data)))
    store.write(RUN_RECORD, RunRecord(said.model_dump(mode="json"), {}).to_json())
    store.write("vocabulary.json", Vocabulary("letters", 26, "units", 100, 25).to_json().encode())
    record = PublishedRecord("", tuple(files))
    store.write(PUBLISHED_RECORD, record.to_json())
    return record.files
