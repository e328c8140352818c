"""The run's config: one YAML file, read strictly, with errors that name the key and the fix."""

import os
from pathlib import Path

from pydantic import Field, field_validator, model_validator

from manifests.addresses import ClusterAddress
from manifests.config_file import config_yaml, read_config
from manifests.names import StageName
from manifests.strict_model import RUN_ONLY, StrictModel
from previews import PreviewConfig
from stages.dialogues import DialoguesConfig
from stages.scenes import ScenesConfig, TimingCheckConfig
from stages.speech import SpeechConfig
from stages.streams import StreamsConfig

_MOST_THREADS = 8
"""Each may hold a dialogue's sound."""


class CorpusConfig(StrictModel):
    """How many dialogues, in which shards and splits."""

    dialogues: int = Field(ge=1, description="how many dialogues to plan; rejected ones are not replaced")
    dialogues_per_shard: int = Field(
        ge=1,
        description="dialogue i belongs to shard i // dialogues_per_shard; a worker holds its shard's audio as FLAC "
        "and decodes one dialogue at a time",
    )
    validation_share: float = Field(
        default=0.01, ge=0, lt=1, description="share of the dialogues (1%, as in the paper)"
    )
    test_share: float = Field(default=0.01, ge=0, lt=1, description="share of the dialogues (1%, as in the paper)")
    max_lost_share: float = Field(
        default=0.1,
        ge=0,
        le=1,
        json_schema_extra=RUN_ONLY,
        description="the run fails if more than this share of the dialogues is rejected",
    )
    licence: str = Field(
        default="other",
        pattern=r"^[a-z0-9][a-z0-9.-]*$",
        json_schema_extra=RUN_ONLY,
        description="the corpus's licence, by its Hub name (cc-by-4.0); the card lists what its engines allow",
    )

    @model_validator(mode="after")
    def _leaves_some_to_train_on(self) -> "CorpusConfig":
        if self.validation_share + self.test_share >= 1:
            raise ValueError(
                f"validation_share {self.validation_share} + test_share {self.test_share} leave nothing for train"
            )
        return self


class StageResources(StrictModel):
    """What Ray reserves for each worker of a stage, and how many workers there may be."""

    cpus: float = Field(default=1, gt=0, description="CPUs per worker")
    gpus: float = Field(
        default=0, ge=0, description="GPUs per worker; fractions share one; only the speech gate's judge can use any"
    )
    max_workers: int | None = Field(default=None, ge=1, description="default: as many as the cluster has room for")

    @field_validator("gpus")
    @classmethod
    def _whole_above_one(cls, gpus: float) -> float:
        if gpus > 1 and gpus != int(gpus):
            raise ValueError(
                f"{gpus:g} is neither a fraction of a GPU nor a whole number of GPUs, which is all that Ray can "
                "assign: give a fraction below 1, or 1, 2, ..."
            )
        return gpus


class ExecutionConfig(StrictModel):
    """Where the work is done; nothing here changes a byte of the corpus."""

    ray_address: ClusterAddress = Field(default="local", description='"local", "auto", or a cluster\'s address')
    workers: int | None = Field(default=None, ge=1, description="CPUs for a local run; default: all")
    attempts: int = Field(
        default=3,
        ge=1,
        description="how often a task is tried if its workers die; network and storage faults don't count: they are "
        "waited out for up to ten minutes",
    )
    stages: dict[StageName, StageResources] = Field(default={}, description="resources per stage")

    @property
    def threads(self) -> int:
        """Threads that the run's own process uses at most, for work outside the stages such as the preview."""
        own = self.workers if self.ray_address == "local" else None
        return min(own or os.cpu_count() or 1, _MOST_THREADS)


class RunConfig(StrictModel):
    """Everything that `build-corpus run` is configured by."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", description="the corpus's name")
    seed: int = Field(default=0, ge=0, description="seed of every random draw")
    corpus: CorpusConfig
    dialogues: DialoguesConfig
    speech: SpeechConfig
    scenes: ScenesConfig
    streams: StreamsConfig
    preview: PreviewConfig = Field(default_factory=PreviewConfig, json_schema_extra=RUN_ONLY)
    timing_check: TimingCheckConfig = Field(default_factory=TimingCheckConfig, json_schema_extra=RUN_ONLY)
    execution: ExecutionConfig = Field(default_factory=ExecutionConfig, json_schema_extra=RUN_ONLY)

    def to_yaml(self) -> str:
        """Return the resolved config without the fields that never change a byte; running it builds this corpus."""
        return config_yaml(self)


def load_config(path: Path) -> RunConfig:
    """Read a config file.

    Raises:
        BuildError: no such file, not YAML, unknown or missing keys, wrong types, impossible values.
    """
    return read_config(path, RunConfig, "configs/demo.yaml")
