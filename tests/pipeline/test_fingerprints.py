"""Which work a change makes anew: of a key, of a version, of what only the run is told."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from manifests.errors import BuildError
from manifests.names import StageName
from manifests.strict_model import StrictModel
from pipeline.claim import claim
from pipeline.config import RunConfig
from pipeline.fingerprint import FORMAT_VERSIONS
from pipeline.runners import fingerprints_by_stage
from pipeline.storage import Store
from tests.building import SMALL_CONFIG

CONFIG = RunConfig.model_validate(yaml.safe_load(SMALL_CONFIG))
ALL = {"dialogues", "selection", "noise", "speech", "scenes", "streams"}
Path = tuple[str, ...]


def moved(changed: RunConfig) -> set[StageName]:
    before, after = fingerprints_by_stage(CONFIG), fingerprints_by_stage(changed)
    return {name for name in before if before[name] != after[name]}


def changed(path: Path, value: Any, model: StrictModel = CONFIG) -> Any:
    """Return the config with another value at a path; it is not validated."""
    name, *rest = path
    new = changed(tuple(rest), value, getattr(model, name)) if rest else value
    return model.model_copy(update={name: new})


def run_only_fields(model: StrictModel = CONFIG, path: Path = ()) -> Iterator[Path]:
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("run_only"):
            yield (*path, name)
        elif isinstance(value, StrictModel):
            yield from run_only_fields(value, (*path, name))


@pytest.mark.parametrize(
    ("path", "value", "stages"),
    [
        ("seed", 4, ALL),
        ("corpus.dialogues", 8, ALL - {"noise"}),
        ("dialogues.interruption_share", 0.25, ALL - {"noise"}),
        ("dialogues.filters.duplicate_similarity", 0.9, ALL - {"noise"}),
        ("speech.user.blends", 5, {"noise", "speech", "scenes", "streams"}),
        ("speech.sample_rate", 24_000, {"noise", "speech", "scenes", "streams"}),
        ("speech.vad.threshold", 0.4, {"speech", "scenes", "streams"}),
        ("scenes.timing.backchannel.user.per_minute", 3.0, {"speech", "scenes", "streams"}),
        ("scenes.timing.tail_s", 0.7, {"scenes", "streams"}),
        ("scenes.noise.crossfade_s", 0.2, {"scenes", "streams"}),
        ("scenes.acoustics.gain.share", 0.5, {"scenes", "streams"}),
        ("streams.max_length", 4096, {"streams"}),
    ],
)
def test_a_key_moves_its_stage_and_what_reads_it(path: str, value: Any, stages: set[StageName]) -> None:
    assert moved(changed(tuple(path.split(".")), value)) == stages


@pytest.mark.parametrize("path", list(run_only_fields()), ids=".".join)
def test_what_only_the_run_is_told_moves_nothing(path: Path) -> None:
    assert moved(changed(path, "something else")) == set()


def test_the_name_moves_nothing_but_the_names_of_dialogues() -> None:
    assert moved(changed(("name",), "other")) == set()


def test_there_is_a_version_of_every_stage() -> None:
    assert set(FORMAT_VERSIONS) == ALL


@pytest.mark.parametrize(
    ("raised", "first", "redone"),
    [
        (["scenes"], "scenes", {"scenes", "streams"}),
        (["streams"], "streams", {"streams"}),
        (["noise"], "noise", {"noise", "scenes", "streams"}),
        (["scenes", "speech"], "speech", {"speech", "scenes", "streams"}),
        (["noise", "dialogues"], "dialogues", ALL),
    ],
)
def test_a_raised_version_redoes_its_stage_and_what_reads_it(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, raised: list[StageName], first: StageName, redone: set[StageName]
) -> None:
    store = Store(str(tmp_path))
    claim(store, CONFIG, None)
    for name in ALL:
        store.write(f"manifests/{name}/corpus.json", b"")
    for name in raised:
        monkeypatch.setitem(FORMAT_VERSIONS, name, FORMAT_VERSIONS[name] + 1)

    with pytest.raises(BuildError, match=f"the versions of build-corpus.*\n.*--from-stage {first}$"):
        claim(store, CONFIG, None)
    claim(store, CONFIG, first)

    assert {name for name in ALL if not store.names(f"manifests/{name}")} == redone
    claim(store, CONFIG, None)


def test_an_interrupted_redo_is_finished_by_the_next_run(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(str(tmp_path))
    claim(store, CONFIG, None)
    for name in ALL:
        store.write(f"manifests/{name}/corpus.json", b"")
    removed: list[str] = []
    real_remove = Store.remove

    def remove_two(self: Store, path: str) -> None:
        if path.startswith("manifests/"):
            if len(removed) == 2:
                raise KeyboardInterrupt
            removed.append(path)
        real_remove(self, path)

    monkeypatch.setattr(Store, "remove", remove_two)
    with pytest.raises(KeyboardInterrupt):
        claim(store, CONFIG, "speech")
    monkeypatch.setattr(Store, "remove", real_remove)
    claim(store, CONFIG, None)

    left = {name for name in ALL if store.names(f"manifests/{name}")}
    assert left == {"dialogues", "selection", "noise"}
    store.write("manifests/speech/corpus.json", b"")
    claim(store, CONFIG, None)
    assert store.names("manifests/speech")
