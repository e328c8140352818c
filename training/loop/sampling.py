"""How a token is drawn: which ids a slot allows, and temperature, top-k and top-p among them."""

import sys
from dataclasses import dataclass

import torch
from torch import Tensor

from stages.streams.vocabulary import SILENT_SPEECH, SILENT_TEXT
from training.duplex.token_map import TokenMap


@dataclass(frozen=True)
class Sampling:
    """How to choose among the allowed ids.

    Attributes:
        temperature: divides the logits; 0 takes the likeliest, as does one so small that nothing can be divided by it.
        top_k: as many of the likeliest; 0: all.
        top_p: of those the fewest whose probabilities add up to it; above 0.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0


@dataclass(frozen=True)
class Allowed:
    """The model ids that a slot allows: a range with exceptions.

    Attributes:
        low, high: the half-open range.
        banned: shape (high - low,), bool: ids of the range that may not.
    """

    low: int
    high: int
    banned: Tensor


def allowed_text(tokens: TokenMap) -> Allowed:
    """Return what a text slot may hold: text that the model knows, or silent_text_token."""
    silent = tokens.special(SILENT_TEXT)
    banned = torch.ones(silent + 1, dtype=torch.bool)
    banned[: tokens.text_size] = False
    if tokens.unknown is not None:
        banned[tokens.unknown] = True
    banned[silent] = False
    return Allowed(0, silent + 1, banned)


def allowed_units(tokens: TokenMap, codebook: int) -> Allowed:
    """Return what a speech slot may hold: a unit of its codebook, or silent_speech_token where a frame begins.

    Later codebooks of a silent frame are silent, so of these only the units are left to choose among.
    """
    size = tokens.vocabulary.codebook_size
    first = tokens.unit_offset + codebook * size
    low = tokens.special(SILENT_SPEECH) if codebook == 0 else first
    return Allowed(low, first + size, torch.zeros(first + size - low, dtype=torch.bool))


def choose(logits: Tensor, sampling: Sampling, draws: Tensor) -> Tensor:
    """Return the place of one logit per row.

    Args:
        logits: shape (rows, n); -inf where nothing may be chosen.
        sampling: how.
        draws: shape (rows,), each uniform in [0, 1): the only chance in it.
    """
    if sampling.temperature < sys.float_info.min:
        return logits.argmax(dim=-1)
    logits = logits.double()
    logits = (logits - logits.amax(dim=-1, keepdim=True)) / sampling.temperature
    if sampling.top_k and sampling.top_k < logits.shape[-1]:
        least = logits.topk(sampling.top_k, dim=-1).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    probabilities, order = logits.softmax(dim=-1).sort(dim=-1, descending=True, stable=True)
    up_to = probabilities.cumsum(dim=-1)
    mass = torch.where(up_to - probabilities < sampling.top_p, probabilities, 0.0).cumsum(dim=-1)
    place = torch.searchsorted(mass, draws.to(mass)[:, None] * mass[:, -1:], right=True)
    last = (mass < mass[:, -1:]).sum(dim=-1, keepdim=True)
    return order.gather(-1, torch.minimum(place, last)).squeeze(-1)
