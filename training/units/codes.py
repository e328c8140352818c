"""Codes: a k-means start, then codes and points learned together so that every hearing picks the same code."""

import math

import numpy as np
import torch
from torch import Tensor, nn

DECAY = 0.99
"""Of the running means that the codes are (van den Oord et al. 2017, appendix A)."""
TEMPERATURE = 0.1
"""Of the cosines in the softmax over codes."""
DEAD = 0.02
"""A code that is picked more seldom than this, as a share of an even use, is put on a point of the present batch."""


class Codes(nn.Module):
    """Unit vectors, shape (size, dims), float32; a point's code is the one at the largest cosine.

    Args:
        vectors: to begin with, shape (size, dims), of any length.
    """

    def __init__(self, vectors: Tensor) -> None:
        super().__init__()
        self.register_buffer("vectors", nn.functional.normalize(vectors, dim=1))
        self.register_buffer("sums", self.vectors.clone())
        self.register_buffer("counts", torch.ones(len(vectors)))
        self.vectors: Tensor
        self.sums: Tensor
        self.counts: Tensor

    def cosines(self, points: Tensor) -> Tensor:
        """Return (n, size) cosines of points (n, dims) with every code."""
        return nn.functional.normalize(points, dim=-1) @ self.vectors.T

    def agreement_loss(self, hearings: list[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """Return the cross-entropy of each hearing's choice against all hearings' together, the idle share, the choice.

        The idle share is how far the codes' use falls short of an even one, in entropy: without it agreement is
        easiest had by never using more than one code.

        Args:
            hearings: points of the same units, (n, dims) each.

        Returns:
            two scalars, and the codes' indices, shape (n,), int64.
        """
        cosines = [self.cosines(points) for points in hearings]
        target = torch.stack(cosines).mean(0).argmax(1).detach()
        losses = [nn.functional.cross_entropy(one / TEMPERATURE, target) for one in cosines]
        use = torch.stack([(one / TEMPERATURE).softmax(1).mean(0) for one in cosines]).mean(0)
        idle = 1 + (use * (use + 1e-9).log()).sum() / math.log(len(self.vectors))
        return torch.stack(losses).mean(), idle, target

    @torch.no_grad()
    def follow(self, hearings: list[Tensor], target: Tensor) -> None:
        """Move each code towards the points that chose it.

        Args:
            hearings: as `agreement_loss`.
            target: the choice, shape (n,), int64.
        """
        points = nn.functional.normalize(torch.stack(hearings).mean(0), dim=1)
        size = len(self.vectors)
        picked = torch.bincount(target, minlength=size).float()
        sums = torch.zeros_like(self.sums).index_add_(0, target, points)
        self.counts.mul_(DECAY).add_(picked, alpha=1 - DECAY)
        self.sums.mul_(DECAY).add_(sums, alpha=1 - DECAY)
        dead = self.counts < DEAD * self.counts.sum() / size
        if dead.any() and len(points):
            fresh = points[torch.randint(len(points), (int(dead.sum()),))]
            self.sums[dead] = fresh * self.counts.mean()
            self.counts[dead] = self.counts.mean()
        self.vectors.copy_(nn.functional.normalize(self.sums, dim=1))


def k_means(points: np.ndarray, size: int, seed: int) -> Tensor:
    """Return `size` centres, shape (size, dims), float32, of points, shape (n, dims)."""
    from sklearn.cluster import MiniBatchKMeans

    fitted = MiniBatchKMeans(size, batch_size=8192, n_init=1, max_iter=30, random_state=seed % 2**32).fit(points)
    return torch.from_numpy(fitted.cluster_centers_.astype(np.float32))
