"""The learning rate at each step: linear warm-up, then cosine decay."""

import math

from training.duplex.config import OptimizerConfig


def rate_share(step: int, steps: int, config: OptimizerConfig) -> float:
    """Return the share of the stage's learning rate, in (0, 1], at a step from 1 to `steps`."""
    warmup = math.ceil(config.warmup_share * steps)
    if step <= warmup:
        return step / warmup
    progress = (step - warmup) / max(steps - warmup, 1)
    return config.final_share + (1 - config.final_share) * (1 + math.cos(math.pi * progress)) / 2
