"""Which steps there are, which other steps each reads, and how one is opened."""

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from manifests.records import EngineInfo
from manifests.strict_model import identity_of
from noise import BUILTIN_VERSION, Catalogue
from pipeline.artefacts import Artefacts
from pipeline.config import RunConfig, StageName
from pipeline.fingerprint import fingerprint
from pipeline.plan import Plan
from pipeline.steps.step import Step
from stages import dialogues, scenes, speech, streams


@dataclass(frozen=True)
class StepInfo:
    """A step's place in the run.

    Attributes:
        scope: ``shard`` steps run once a shard, ``corpus`` steps once.
        needs: steps whose artefacts it reads; a shard step needs the same shard of a shard step.
        doing: for progress and summaries.
        entry: ``module:class`` inside `pipeline.steps`, imported only where the step runs.
    """

    name: StageName
    scope: Literal["shard", "corpus"]
    needs: tuple[StageName, ...]
    doing: str
    entry: str


# Noise could be made at once; standing here, it fills the wait for the last dialogue and the selection.
STEPS: tuple[StepInfo, ...] = (
    StepInfo("dialogues", "shard", (), "writing dialogues", "dialogues:DialoguesStep"),
    StepInfo("selection", "corpus", ("dialogues",), "finding duplicates", "selection:SelectionStep"),
    StepInfo("noise", "corpus", (), "making noise", "noise:NoiseStep"),
    StepInfo("speech", "shard", ("dialogues", "selection"), "speaking turns", "speech:SpeechStep"),
    StepInfo("scenes", "shard", ("speech", "noise"), "building scenes", "scenes:ScenesStep"),
    StepInfo("streams", "shard", ("scenes",), "flattening streams", "streams:StreamsStep"),
)


def steps_of(config: RunConfig) -> tuple[StepInfo, ...]:
    """Return the steps that a config needs: no noise step unless the built-in noise is asked for."""
    if config.scenes.noise.source == "builtin":
        return STEPS
    return tuple(step for step in STEPS if step.name != "noise")


def open_step(name: StageName, plan: Plan, artefacts: Artefacts) -> Step:
    """Load a step's code and models."""
    module, _, class_name = next(step.entry for step in STEPS if step.name == name).partition(":")
    opened: Step = getattr(importlib.import_module(f"pipeline.steps.{module}"), class_name)(plan, artefacts)
    return opened


def engines_of(config: RunConfig, name: StageName) -> tuple[EngineInfo, ...]:
    """Return the engines and models of one step, without loading any."""
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


def step_engines(config: RunConfig) -> dict[StageName, tuple[EngineInfo, ...]]:
    """Return the engines and models of each step, without loading any."""
    return {step.name: engines_of(config, step.name) for step in STEPS}


def step_fingerprints(config: RunConfig) -> dict[StageName, str]:
    """Return the fingerprint of each step: its config and engines, and all that it reads.

    Raises:
        BuildError: the config names a folder of noise or rooms, a text set or scenarios that are missing.
    """
    engines = step_engines(config)
    found: dict[StageName, str] = {}
    for step in STEPS:
        found[step.name] = step_fingerprint(config, step.name, engines[step.name], found)
    return found


def step_fingerprint(
    config: RunConfig, name: StageName, engines: Iterable[EngineInfo], upstream: Mapping[StageName, str]
) -> str:
    """Return the fingerprint of one step, given those of the steps that it reads; looks at its own folders alone."""
    needs = next(step.needs for step in STEPS if step.name == name)
    return fingerprint(name, _section(config, name), engines, [upstream[need] for need in needs])


def _section(config: RunConfig, name: StageName) -> dict[str, Any]:
    """Return all of the config that decides what a step makes."""
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
    """Return the identities of the config's folders; built-in noise has its own step's fingerprint."""
    noise, room = config.scenes.noise, config.scenes.acoustics.room
    rooms_are_read = room.share > 0 and room.source == "folder"
    return {
        "noise_files": Catalogue.open(noise.path, noise.categories).digest() if noise.path else None,
        "room_files": scenes.open_room_folder(room).digest() if rooms_are_read else None,
    }
