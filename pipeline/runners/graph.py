"""Which stages there are, which other stages each reads, and how the runner of one is opened."""

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from manifests.names import StageName
from manifests.records import EngineInfo
from manifests.strict_model import identity_of
from noise import BUILTIN_VERSION, Catalogue
from pipeline.artefacts import Artefacts
from pipeline.config import RunConfig
from pipeline.fingerprint import fingerprint
from pipeline.plan import Plan
from pipeline.runners.runner import StageRunner
from stages import dialogues, scenes, speech, streams


@dataclass(frozen=True)
class StageSpec:
    """A stage's place in the run.

    Attributes:
        scope: ``shard`` stages run once per shard, ``corpus`` stages once.
        needs: stages whose artefacts it reads; a shard stage needs the same shard of a shard stage.
        doing: for progress and summaries.
        entry: ``module:class`` of its runner inside `pipeline.runners`, imported only where the stage runs.
    """

    name: StageName
    scope: Literal["shard", "corpus"]
    needs: tuple[StageName, ...]
    doing: str
    entry: str


# Noise could be made at once; standing here, it fills the wait for the last dialogue and the selection.
STAGES: tuple[StageSpec, ...] = (
    StageSpec("dialogues", "shard", (), "writing dialogues", "dialogues:DialoguesRunner"),
    StageSpec("selection", "corpus", ("dialogues",), "finding duplicates", "selection:SelectionRunner"),
    StageSpec("noise", "corpus", (), "making noise", "noise:NoiseRunner"),
    StageSpec("speech", "shard", ("dialogues", "selection"), "speaking turns", "speech:SpeechRunner"),
    StageSpec("scenes", "shard", ("speech", "noise"), "building scenes", "scenes:ScenesRunner"),
    StageSpec("streams", "shard", ("scenes",), "flattening streams", "streams:StreamsRunner"),
)


def stages_of(config: RunConfig) -> tuple[StageSpec, ...]:
    """Return the stages that a config needs: no noise stage unless the built-in noise is asked for."""
    if config.scenes.noise.source == "builtin":
        return STAGES
    return tuple(stage for stage in STAGES if stage.name != "noise")


def open_runner(name: StageName, plan: Plan, artefacts: Artefacts) -> StageRunner:
    """Load a stage's code and models."""
    module, _, class_name = next(stage.entry for stage in STAGES if stage.name == name).partition(":")
    opened: StageRunner = getattr(importlib.import_module(f"pipeline.runners.{module}"), class_name)(plan, artefacts)
    return opened


def engines_of(config: RunConfig, name: StageName) -> tuple[EngineInfo, ...]:
    """Return the engines and models of one stage, without loading any."""
    match name:
        case "noise":
            return speech.user_engines(config.speech)
        case "dialogues":
            return dialogues.engines(config.dialogues)
        case "selection":
            return ()
        case "speech":
            return speech.engines(config.speech)
        case "scenes":
            return scenes.engines(config.scenes)
        case "streams":
            return streams.engines(config.streams)


def engines_by_stage(config: RunConfig) -> dict[StageName, tuple[EngineInfo, ...]]:
    """Return the engines and models of each stage, without loading any."""
    return {stage.name: engines_of(config, stage.name) for stage in STAGES}


def fingerprints_by_stage(config: RunConfig) -> dict[StageName, str]:
    """Return the fingerprint of each stage: its config and engines, and all that it reads.

    Raises:
        BuildError: the config names a folder of noise or rooms, a text set or scenarios that are missing.
    """
    engines = engines_by_stage(config)
    found: dict[StageName, str] = {}
    for stage in STAGES:
        found[stage.name] = stage_fingerprint(config, stage.name, engines[stage.name], found)
    return found


def stage_fingerprint(
    config: RunConfig, name: StageName, engines: Iterable[EngineInfo], upstream: Mapping[StageName, str]
) -> str:
    """Return the fingerprint of one stage, given those of the stages that it reads; only looks at its own folders."""
    needs = next(stage.needs for stage in STAGES if stage.name == name)
    return fingerprint(name, _section(config, name), engines, [upstream[need] for need in needs])


def _section(config: RunConfig, name: StageName) -> dict[str, Any]:
    """Return all of the config that decides what a stage makes."""
    writing = identity_of(config.dialogues)
    match name:
        case "dialogues":
            seats = {"seed": config.seed, "corpus": identity_of(config.corpus)}
            return {**seats, "dialogues": writing, "source": dialogues.source_digest(config.dialogues)}
        case "selection":
            return {"dialogues": writing}
        case "noise":
            return {
                "version": BUILTIN_VERSION,
                "seed": config.seed,
                "sample_rate": config.speech.sample_rate,
                "language": config.dialogues.language,
                "user": identity_of(config.speech.user),
                "assistant": identity_of(config.speech.assistant),
                "casting": identity_of(config.speech.casting),
            }
        case "speech":
            return {**identity_of(config.speech), "backchannels": _backchannels(config)}
        case "scenes":
            return {**identity_of(config.scenes), **_folders(config)}
        case "streams":
            return {**identity_of(config.streams)}


def _backchannels(config: RunConfig) -> dict[str, Any]:
    """Return what decides which backchannels are spoken: all else of the timing concerns the scenes alone."""
    rates = config.scenes.timing.backchannel
    return {
        "per_minute": [rates.user.per_minute, rates.assistant.per_minute],
        "phrases": identity_of(config.scenes.backchannel_phrases),
    }


def _folders(config: RunConfig) -> dict[str, str | None]:
    """Return the identities of the config's folders; built-in noise has its own stage's fingerprint."""
    noise, room = config.scenes.noise, config.scenes.acoustics.room
    rooms_are_read = room.share > 0 and room.source == "folder"
    return {
        "noise_files": Catalogue.open(noise.path, noise.categories).digest() if noise.path else None,
        "room_files": scenes.open_room_folder(room).digest() if rooms_are_read else None,
    }
