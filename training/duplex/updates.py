"""Weight updates: passes, gradients over all processes, AdamW."""

import math
from dataclasses import dataclass

import torch
from accelerate import Accelerator
from accelerate.utils import gather_object
from transformers import Qwen2ForCausalLM

from manifests.errors import BuildError
from training.duplex.attention import use_attention
from training.duplex.batches import Batch, batch_of
from training.duplex.config import OptimizerConfig, TrainConfig, TrainingStage
from training.duplex.kinds import KINDS
from training.duplex.loader import Loader
from training.duplex.loss import LossSums, NextTokenLoss
from training.duplex.schedule import rate_share

_LEAST_WEIGHT = 1e-6
"""A step without any labelled token has a loss of 0, not of 0 / 0."""


@dataclass(frozen=True)
class Update:
    """The outcome of one update.

    Attributes:
        losses: mean of all labelled tokens as ``loss``, and by kind; before the update.
        faulty_rows: rows in which the loss was not finite; the update was left out if there are any.
    """

    losses: dict[str, float]
    gradient_norm: float
    learning_rate: float
    faulty_rows: tuple[str, ...] = ()

    @property
    def is_finite(self) -> bool:
        """Whether loss and gradient are finite; if not, the weights are unchanged."""
        return math.isfinite(self.losses["loss"]) and math.isfinite(self.gradient_norm)


class Updates:
    """Takes the steps of one stage.

    Attributes:
        module: the model with its loss, over all processes.
        optimizer: AdamW; its learning rate is set before every step.

    Raises:
        BuildError: `tokens_per_step` can't be shared by so many processes.
    """

    def __init__(
        self, config: TrainConfig, stage: TrainingStage, steps: int, model: Qwen2ForCausalLM, accelerator: Accelerator
    ) -> None:
        self._accelerator = accelerator
        self._config = config
        self._stage = stage
        self._steps = steps
        self._passes = passes_per_step(stage, accelerator.num_processes)
        use_attention(model, config.attention)
        if config.gradient_checkpointing:
            model.activation_checkpointing_enable()
        self.module = accelerator.prepare(NextTokenLoss(model))
        weights: dict[str, float] = dict.fromkeys(KINDS, 1.0) | stage.loss_weights
        self._weights = torch.tensor([*weights.values()], device=accelerator.device)
        self.optimizer = adamw(model, config.optimizer)

    def take(self, step: int, loader: Loader) -> Update:
        """Read as many packs as a step has, and update the weights; step 1 is the first."""
        rate = self._stage.learning_rate * rate_share(step, self._steps, self._config.optimizer)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        batches = [self.batch(loader) for _ in range(self._passes)]
        weight = torch.stack([self._weights[batch.labelled_kinds].sum() for batch in batches]).sum()
        weight = self._accelerator.reduce(weight)
        sums, losses = LossSums(self._accelerator.device), []
        for place, batch in enumerate(batches):
            if place < len(batches) - 1:
                with self._accelerator.no_sync(self.module):
                    losses.append(self._backward(batch, weight))
            else:
                losses.append(self._backward(batch, weight))
            sums.add(losses[-1], batch.labelled_kinds)
        sums.sums = self._accelerator.reduce(sums.sums)
        norm = float(torch.nn.utils.clip_grad_norm_(self.module.parameters(), self._config.optimizer.max_gradient_norm))
        done = Update(sums.means(), norm, rate)
        if done.is_finite:
            self.optimizer.step()
        else:
            faulty = [row for batch, of_batch in zip(batches, losses, strict=True) for row in batch.rows_at(of_batch)]
            done = Update(done.losses, norm, rate, tuple(gather_object(faulty)))
        self.optimizer.zero_grad()
        return done

    def batch(self, loader: Loader) -> Batch:
        """Return the next pass."""
        packs = [loader.take() for _ in range(self._stage.pass_tokens // self._stage.max_length)]
        return batch_of(packs, self._accelerator.device)

    def _backward(self, batch: Batch, weight: torch.Tensor) -> torch.Tensor:
        """Add a pass to the gradients and return its losses; processes' gradients are averaged, hence their number.

        Args:
            batch: the pass.
            weight: of all labelled tokens of the step, over all processes.
        """
        losses: torch.Tensor = self.module(batch.input_ids, batch.position_ids, batch.labels)
        weighted = (losses * self._weights[batch.labelled_kinds]).sum()
        self._accelerator.backward(weighted * (self._accelerator.num_processes / weight.clamp(min=_LEAST_WEIGHT)))
        return losses.detach()


def passes_per_step(stage: TrainingStage, processes: int) -> int:
    """Return how many passes of one process make a step.

    Raises:
        BuildError: no whole number.
    """
    passes, rest = divmod(stage.tokens_per_step, stage.pass_tokens * processes)
    if rest:
        raise BuildError(
            f"stage {stage.name}: tokens_per_step {stage.tokens_per_step} is not a multiple of {processes} processes x "
            f"{stage.pass_tokens} tokens of a pass; change it, tokens_per_pass or the number of processes"
        )
    return passes


def adamw(model: Qwen2ForCausalLM, config: OptimizerConfig) -> torch.optim.AdamW:
    """Return the optimizer; vectors (norms and biases) are not decayed."""
    matrices = [weight for weight in model.parameters() if weight.ndim > 1]
    vectors = [weight for weight in model.parameters() if weight.ndim <= 1]
    groups = [
        {"params": matrices, "weight_decay": config.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=0.0, betas=(config.beta1, config.beta2), fused=True)
