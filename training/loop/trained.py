"""What a checkpoint's facts say about its training, and thus about how it can talk."""

from pathlib import Path
from typing import Any

import yaml

from manifests.errors import BuildError
from manifests.records import DUPLEX_CONFIGS, DuplexConfig
from training.duplex.config import TrainConfig, TrainingStage
from training.loop.layout import ChunkLayout


def trained_stage(facts: dict[str, Any], checkpoint: Path) -> TrainingStage:
    """Return the stage of the curriculum that a checkpoint comes from.

    Raises:
        BuildError: its facts don't tell.
    """
    try:
        config = TrainConfig.model_validate(yaml.safe_load(facts["config_yaml"]))
        return next(stage for stage in config.curriculum if stage.name == facts["stage"])
    except (KeyError, ValueError, StopIteration) as error:
        raise BuildError(f"{checkpoint} doesn't record how it was trained ({error!r}); train it again") from error


def trained_text_slots(facts: dict[str, Any], checkpoint: Path) -> int:
    """Return how many text tokens a chunk of `three_stream` held.

    Raises:
        BuildError: its facts don't tell.
    """
    slots = facts.get("text_slots")
    if not isinstance(slots, int) or slots < 1:
        raise BuildError(f"{checkpoint} records text_slots: {slots!r}, which should be at least 1; train it again")
    return slots


def duplex_config(stage: TrainingStage) -> DuplexConfig | None:
    """Return which full-duplex stream a stage's model speaks, with text where it has learned both; None: neither."""
    return next((config for config in DUPLEX_CONFIGS if config in stage.configs), None)


def trained_chunks(facts: dict[str, Any], stage: TrainingStage, layout: ChunkLayout) -> int:
    """Return how many chunks the longest row of the stage had: further back the model has never looked.

    Of a checkpoint whose facts don't tell, as many as a row could have.
    """
    longest: int = facts.get("longest_row", stage.max_length)
    return max(longest // layout.width, 1)
