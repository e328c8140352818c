"""The run's config: one YAML file, read strictly, with errors that name the key and the way out."""

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
    """How many dialogues, in what shards and splits."""

    dialogues: int = Field(ge=1, description="how many dialogues to plan; rejected ones are not replaced")
    dialogues_per_shard: int = Field(
        ge=1,
        description="dialogue i belongs to shard i // dialogues_per_shard; its worker holds the shard's audio as FLAC "
        "and decodes a dialogue at a time",
    )
    validation_share: float = Field(default=0.01, ge=0, lt=1, description="share of the dialogues (the paper's 1 %)")
    test_share: float = Field(default=0.01, ge=0, lt=1, description="share of the dialogues (the paper's 1 %)")
    max_lost_share: float = Field(
        default=0.1,
        ge=0,
        le=1,
        json_schema_extra=RUN_ONLY,
        description="the run fails when more than this share of the dialogues is rejected",
    )
    licence: str = Field(
        default="other",
        pattern=r"^[a-z0-9][a-z0-9.-]*$",
        json_schema_extra=RUN_ONLY,
        description="of the corpus, as the Hub names licences (cc-by-4.0); what its engines allow, the card lists",
    )

    @model_validator(mode="after")
    def _leaves_some_to_train_on(self) -> "CorpusConfig":
        if self.validation_share + self.test_share >= 1:
            raise ValueError(
                f"validation_share {self.validation_share} + test_share {self.test_share} leave nothing for train"
            )
        return self


class StageResources(StrictModel):
    """What Ray keeps for one worker of a stage, and how many workers there may be."""

    cpus: float = Field(default=1, gt=0, description="CPUs of one worker")
    gpus: float = Field(
        default=0, ge=0, description="GPUs of one worker; fractions share one; only the speech gate's judge uses any"
    )
    max_workers: int | None = Field(default=None, ge=1, description="default: as many as the cluster has room for")

    @field_validator("gpus")
    @classmethod
    def _whole_above_one(cls, gpus: float) -> float:
        if gpus > 1 and gpus != int(gpus):
            raise ValueError(
                f"{gpus:g} is neither a share of one GPU, which Ray lets workers share, nor a whole number of them: "
                "give a share of 1, or 1, 2, ..."
            )
        return gpus


class ExecutionConfig(StrictModel):
    """Where the run's work happens; none of it changes a byte of the corpus."""

    ray_address: ClusterAddress = Field(default="local", description='"local", "auto", or a cluster\'s address')
    workers: int | None = Field(default=None, ge=1, description="CPUs of a local run; default: all")
    attempts: int = Field(
        default=3,
        ge=1,
        description="how often a task is tried when workers die under it; faults of network and storage count as none: "
        "they are waited out for ten minutes",
    )
    stages: dict[StageName, StageResources] = Field(default={}, description="resources by stage")

    @property
    def threads(self) -> int:
        """Threads at most that the run's own process keeps at work on what no stage does, such as the preview."""
        own = self.workers if self.ray_address == "local" else None
        return min(own or os.cpu_count() or 1, _MOST_THREADS)


class RunConfig(StrictModel):
    """Everything that `build-corpus run` is told."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", description="the corpus's name")
    seed: int = Field(default=0, ge=0, description="of every random draw")
    corpus: CorpusConfig
    dialogues: DialoguesConfig
    speech: SpeechConfig
    scenes: ScenesConfig
    streams: StreamsConfig
    preview: PreviewConfig = Field(default_factory=PreviewConfig, json_schema_extra=RUN_ONLY)
    timing_check: TimingCheckConfig = Field(default_factory=TimingCheckConfig, json_schema_extra=RUN_ONLY)
    execution: ExecutionConfig = Field(default_factory=ExecutionConfig, json_schema_extra=RUN_ONLY)

    def to_yaml(self) -> str:
        """Return the resolved config without the fields that never change a byte; a run of it makes this corpus."""
        return config_yaml(self)


def load_config(path: Path) -> RunConfig:
    """Read a config file.

    Raises:
        BuildError: no such file, not YAML, unknown or missing keys, wrong types, impossible values.
    """
    return read_config(path, RunConfig, "configs/demo.yaml")
