"""Cross-entropy of next tokens, where labelled, and its sums by kind of token."""

import torch
from torch import Tensor, nn
from transformers import Qwen2ForCausalLM

from training.duplex.kinds import KINDS
from training.duplex.packing import IGNORED


class NextTokenLoss(nn.Module):
    """The model with its loss; only tokens that have a label pass through the output layer.

    In full-duplex rows nearly half have none, and at Qwen2's vocabulary logits take most of the memory.
    """

    def __init__(self, model: Qwen2ForCausalLM) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, position_ids: Tensor, labels: Tensor) -> Tensor:
        """Return the losses of the labelled tokens in float32, (n,), row after row.

        Args:
            input_ids, position_ids, labels: (batch, length), integers; labels stand at their own token's place.
        """
        hidden = self.model.model(input_ids=input_ids, position_ids=position_ids, use_cache=False).last_hidden_state
        following = labels[:, 1:]
        wanted = following != IGNORED
        logits = self.model.lm_head(hidden[:, :-1][wanted])
        return nn.functional.cross_entropy(logits.float(), following[wanted], reduction="none")


class LossSums:
    """Sums and counts of losses by kind, added up over passes and processes and then read as means."""

    def __init__(self, device: torch.device) -> None:
        self.sums = torch.zeros(2, len(KINDS), dtype=torch.float64, device=device)

    def add(self, losses: Tensor, kinds: Tensor) -> None:
        """Add one pass.

        Args:
            losses: (n,), of `NextTokenLoss`.
            kinds: (n,), int64, of the tokens that they are of.
        """
        self.sums[0].index_add_(0, kinds, losses.detach().double())
        self.sums[1].index_add_(0, kinds, torch.ones_like(losses, dtype=torch.float64))

    def means(self) -> dict[str, float]:
        """Return the mean over all tokens as ``loss``, then over each kind that occurred."""
        total, count = self.sums.sum(1).tolist()
        kinds = zip(KINDS, *self.sums.tolist(), strict=True)
        return {"loss": total / max(count, 1)} | {kind: loss / tokens for kind, loss, tokens in kinds if tokens}
