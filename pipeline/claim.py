"""Who owns a folder: the run record that keeps two configs from mixing in one output folder."""

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from typing import Any

from pydantic import ValidationError

from manifests.differing_keys import differing_keys
from manifests.errors import BuildError
from manifests.names import StageName
from manifests.problems import describe_problems
from manifests.strict_model import identity_of
from pipeline.config import RunConfig
from pipeline.publication import withdraw
from pipeline.runners import fingerprints_by_stage, stages_of
from pipeline.storage import Store

RUN_RECORD = "manifests/run.json"
_BESIDE_THE_KEYS = "the versions of build-corpus, engines or models, or the text, noise or room files"


@dataclass(frozen=True)
class RunRecord:
    """The resolved config of the corpus in a folder, and its stages' fingerprints.

    Attributes:
        forgetting: stages whose work is being deleted to be redone; if that is interrupted, the next run continues it.
    """

    config: dict[str, Any]
    fingerprints: dict[str, str]
    forgetting: tuple[str, ...] = ()

    def to_json(self) -> bytes:
        """Return the record as UTF-8 JSON."""
        return (json.dumps(asdict(self), indent=1) + "\n").encode()


def read_run_record(store: Store) -> RunRecord | None:
    """Return the folder's run record, or None if it holds no corpus."""
    try:
        content = json.loads(store.read(RUN_RECORD))
    except FileNotFoundError:
        return None
    return RunRecord(**content | {"forgetting": tuple(content.get("forgetting", ()))})


def config_of(store: Store) -> RunConfig:
    """Return the config that the corpus in a folder was made from.

    Raises:
        BuildError: the folder holds no corpus.
    """
    record = _record_of(store)
    try:
        return RunConfig.model_validate_json(json.dumps(record.config))
    except ValidationError as error:
        raise BuildError(
            f"{store.root}: made by a different version of build-corpus, whose config this one can't read:\n"
            f"{describe_problems(error, RunConfig)}"
        ) from error


def fingerprints_of(store: Store) -> dict[str, str]:
    """Return the fingerprints of the stages that made the corpus in a folder.

    Raises:
        BuildError: the folder holds no corpus.
    """
    return _record_of(store).fingerprints


def claim(store: Store, config: RunConfig, from_stage: StageName | None) -> None:
    """Claim the folder for this config, or check that it already belongs to it.

    Args:
        from_stage: discard the work of this stage, of all that read it, and of later ones that have changed too, to
            redo it with the config as it is now.

    Raises:
        BuildError: the folder holds another config's corpus, or files that are not a corpus.
    """
    wanted = RunRecord(
        config.model_dump(mode="json"), {str(name): value for name, value in fingerprints_by_stage(config).items()}
    )
    found = read_run_record(store)
    if found is None:
        if set(store.names("")) - {"manifests", "answers"}:
            raise BuildError(f"{store.root}: the folder is not empty and is not a corpus; choose another with --out")
        if store.create(RUN_RECORD, wanted.to_json()):
            return
        found = read_run_record(store)
        assert found is not None  # another run was faster; what follows compares with it
    changed = [
        stage.name
        for stage in stages_of(config)
        if found.fingerprints.get(stage.name) != wanted.fingerprints[stage.name]
    ]
    redone = _stages_from(config, from_stage, changed) if from_stage else set()
    redone |= set(found.forgetting)
    kept_but_changed = [name for name in changed if name not in redone]
    if kept_but_changed:
        raise BuildError(_other_config(store, found, config, kept_but_changed[0]))
    if redone:
        withdraw(store)
        store.write(RUN_RECORD, replace(wanted, forgetting=tuple(sorted(redone))).to_json())
        for name in redone:
            store.remove(f"manifests/{name}")
    if redone or found != wanted:
        store.write(RUN_RECORD, wanted.to_json())
    for name in redone:  # at last, since it may take long: files without a record count for nothing
        store.remove(f"artefacts/{name}")


def _record_of(store: Store) -> RunRecord:
    record = read_run_record(store)
    if record is None:
        raise BuildError(f"{store.root}: no corpus here ({RUN_RECORD} is missing); build one with `build-corpus run`")
    return record


def _stages_from(config: RunConfig, first: StageName, changed: Collection[StageName]) -> set[str]:
    redone: set[str] = {first}
    behind = False
    for stage in stages_of(config):
        behind = behind or stage.name == first
        if redone & set(stage.needs) or (behind and stage.name in changed):
            redone.add(stage.name)
    return redone


def _other_config(store: Store, found: RunRecord, config: RunConfig, stage: StageName) -> str:
    try:
        before = RunConfig.model_validate_json(json.dumps(found.config))
        lines = differing_keys(identity_of(before), identity_of(config))
    except ValidationError:
        lines = ["the keys: this version of build-corpus can no longer read that config"]
    what = "\n".join(f"  {line}" for line in lines or [_BESIDE_THE_KEYS])
    return (
        f"{store.root}: holds a corpus made with a different config. What differs:\n{what}\n"
        f"Choose another folder with --out, or redo this one from the stage that changed: --from-stage {stage}"
    )
