"""The training config: one strict YAML file that names the corpus, the model and the curriculum."""

from pathlib import Path
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from manifests.addresses import FileAddress
from manifests.config_file import config_yaml, read_config
from manifests.records import TokenConfig
from manifests.strict_model import RUN_ONLY, StrictModel
from stages.units.config import Checkpoint
from training.duplex.kinds import LossKind

Precision = Literal["auto", "float32", "bfloat16"]

SEEDS = 2**32
"""As many as NumPy's global generator knows."""


class ScratchModel(StrictModel):
    """A Qwen2 of any size with random weights; its text vocabulary is what the corpus's train split uses."""

    kind: Literal["scratch"]
    hidden_size: int = Field(ge=8, description="width; a multiple of twice the heads")
    intermediate_size: int = Field(ge=8, description="width of the feed-forward layers")
    layers: int = Field(ge=1, description="how many")
    heads: int = Field(ge=1, description="attention heads")
    key_value_heads: int = Field(ge=1, description="heads of keys and values; a divisor of `heads`")

    @model_validator(mode="after")
    def _heads_fit(self) -> Self:
        if self.hidden_size % (2 * self.heads):
            raise ValueError(f"hidden_size {self.hidden_size} is not a multiple of twice the {self.heads} heads")
        if self.heads % self.key_value_heads:
            raise ValueError(f"key_value_heads {self.key_value_heads} doesn't divide the {self.heads} heads")
        return self


class PretrainedModel(Checkpoint):
    """A Qwen2 checkpoint, or one of this trainer's: `path` to a folder, or `hub` with `revision`."""

    kind: Literal["pretrained"]


class TrainingStage(StrictModel):
    """One stage of the curriculum: what it reads, how often, and how fast it learns."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", description="the stage's name, also of its folder")
    configs: list[TokenConfig] = Field(min_length=1, description="the corpus's configs whose rows are mixed")
    epochs: float | None = Field(default=None, gt=0, description="passes over the train split; or give steps")
    steps: int | None = Field(default=None, ge=1, description="weight updates; or give epochs")
    learning_rate: float = Field(gt=0, description="after the warm-up; decays along a cosine from there")
    max_length: int = Field(
        ge=16, description="length in tokens of the sequences that rows are packed into; longer rows are cut"
    )
    tokens_per_step: int = Field(ge=16, description="tokens per update, over all processes")
    tokens_per_pass: int | None = Field(
        default=None, ge=16, description="tokens per process and pass, a multiple of max_length; default: max_length"
    )
    loss_weights: dict[LossKind, Annotated[float, Field(ge=0)]] = Field(
        default={},
        description="loss weights by kind of token (text, silent_text, units, silent_speech, markers), for example "
        "{silent_speech: 0.2}; default: 1 each. Reported losses stay unweighted",
    )

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if (self.epochs is None) == (self.steps is None):
            raise ValueError("give either epochs or steps")
        if len(set(self.configs)) < len(self.configs):
            raise ValueError(f"configs {', '.join(self.configs)} contain a duplicate")
        if self.loss_weights and not any(self.loss_weights.get(kind, 1.0) for kind in get_args(LossKind)):
            raise ValueError("loss_weights are all 0: nothing would be learned")
        if self.pass_tokens % self.max_length:
            raise ValueError(f"tokens_per_pass {self.pass_tokens} is not a multiple of max_length {self.max_length}")
        if self.tokens_per_step % self.pass_tokens:
            raise ValueError(
                f"tokens_per_step {self.tokens_per_step} is not a multiple of the {self.pass_tokens} tokens of a pass"
            )
        return self

    @property
    def pass_tokens(self) -> int:
        """Tokens of one forward and backward pass of one process."""
        return self.max_length if self.tokens_per_pass is None else self.tokens_per_pass


class OptimizerConfig(StrictModel):
    """AdamW with warm-up and cosine decay; the defaults are the paper's where it states them."""

    beta1: float = Field(default=0.9, ge=0, lt=1, description="decay rate of the mean gradient")
    beta2: float = Field(default=0.95, ge=0, lt=1, description="decay rate of the mean squared gradient")
    weight_decay: float = Field(default=0.1, ge=0, description="applies to matrices; vectors (norms, biases) have none")
    warmup_share: float = Field(default=0.05, ge=0, lt=1, description="share of a stage's steps; our choice")
    final_share: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="share of the learning rate at which the cosine ends; our choice",
    )
    max_gradient_norm: float = Field(
        default=1.0, gt=0, description="gradients with a larger norm are scaled down to it"
    )


class LoaderConfig(StrictModel):
    """How rows are read from the shards."""

    workers: int = Field(default=1, ge=0, description="loading processes per training process; 0: none")
    window_rows: int = Field(default=1024, ge=1, description="rows that are shuffled and packed together")


class LogConfig(StrictModel):
    """When to log, evaluate and save, in steps."""

    log_every: int = Field(default=10, ge=1, description="steps between log lines of training losses and rate")
    evaluate_every: int | None = Field(
        default=200, ge=1, description="steps between losses on the validation split; null: never"
    )
    evaluate_tokens: int = Field(
        default=65536, ge=16, description="maximum tokens of the validation split, shared by the stage's configs"
    )
    save_every: int = Field(default=200, ge=1, description="steps between checkpoints to resume from")
    keep: int = Field(default=2, ge=1, description="how many checkpoints of a running stage to keep, the latest ones")
    keep_best: bool = Field(
        default=False, description="also keep the model with the lowest validation loss, in the stage's folder best"
    )

    @model_validator(mode="after")
    def _best_is_known(self) -> Self:
        if self.keep_best and self.evaluate_every is None:
            raise ValueError("keep_best needs validation losses; set evaluate_every")
        return self


class TrainConfig(StrictModel):
    """All settings of `build-corpus train`."""

    corpus: FileAddress = Field(description="a published corpus: folder or URL (s3://..., hf://datasets/...)")
    seed: int = Field(default=0, ge=0, lt=SEEDS, description="seed of the weights and the order of rows")
    model: Annotated[ScratchModel | PretrainedModel, Field(discriminator="kind")]
    curriculum: list[TrainingStage] = Field(
        min_length=1, description="stages in order, each starting from the previous one's weights"
    )
    optimizer: OptimizerConfig = OptimizerConfig()
    precision: Precision = Field(default="auto", description="auto: bfloat16 where the hardware computes in it")
    attention: Literal["sdpa", "flash_attention_2"] = Field(
        default="sdpa",
        description="sdpa: PyTorch's kernel, sample by sample; flash_attention_2 needs its package and a GPU",
    )
    gradient_checkpointing: bool = Field(
        default=False,
        description="layers store only their input and are recomputed in the backward pass: less memory, more time",
        json_schema_extra=RUN_ONLY,
    )
    loader: LoaderConfig = LoaderConfig()
    log: LogConfig = Field(default_factory=LogConfig, json_schema_extra=RUN_ONLY)

    @model_validator(mode="after")
    def _stages_have_their_own_names(self) -> Self:
        names = [stage.name for stage in self.curriculum]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two stages of the curriculum are called {name!r}")
        return self

    def to_yaml(self) -> str:
        """Return the resolved config without the fields that never change a weight."""
        return config_yaml(self)


def load_train_config(path: Path) -> TrainConfig:
    """Read a training config file.

    Raises:
        BuildError: no such file, not YAML, unknown or missing keys, wrong types, impossible values.
    """
    return read_config(path, TrainConfig, "configs/train-tiny.yaml")
