"""A span completed by the model: text after speech, or speech after text."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from transformers import DynamicCache, Qwen2ForCausalLM

from stages.streams.vocabulary import EOS, EOT, SOT, Ids
from training.duplex.token_map import TokenMap
from training.loop.sampling import Allowed, Sampling, choose

BATCH = 16


def text_span(tokens: TokenMap) -> tuple[Allowed, ...]:
    """Return the ids allowed in [SOT] text [EOT], including its end."""
    closing = tokens.special(EOT)
    banned = torch.ones(closing + 1, dtype=torch.bool)
    banned[: tokens.text_size] = False
    if tokens.unknown is not None:
        banned[tokens.unknown] = True
    banned[closing] = False
    return (Allowed(0, closing + 1, banned),)


def speech_span(tokens: TokenMap) -> tuple[Allowed, ...]:
    """Return the ids allowed in [SOS] units [EOS], by codebook; the end only where a frame would begin."""
    size, closing = tokens.vocabulary.codebook_size, tokens.special(EOS)
    spans: list[Allowed] = []
    for codebook in range(tokens.vocabulary.codebooks):
        low = tokens.unit_offset + codebook * size
        spans.append(Allowed(low, low + size, torch.zeros(size, dtype=torch.bool)))
    first = torch.ones(tokens.unit_offset + size - closing, dtype=torch.bool)
    first[0] = False
    first[tokens.unit_offset - closing :] = False
    return (Allowed(closing, tokens.unit_offset + size, first), *spans[1:])


@torch.inference_mode()
def complete(
    model: Qwen2ForCausalLM,
    tokens: TokenMap,
    prompts: Sequence[Ids],
    span: str,
    most: Sequence[int],
    sampling: Sampling,
    rngs: Sequence[np.random.Generator],
    advance: Callable[[int], None],
) -> list[Ids]:
    """Return the content of the span with which the model continues each prompt, in corpus ids, without its markers.

    Args:
        model: in evaluation mode.
        tokens: its ids.
        prompts: corpus ids up to the span's opening marker, which is added.
        span: ``[SOT]`` or ``[SOS]``.
        most: tokens of each span that is not closed before.
        sampling: how tokens are drawn.
        rngs: one generator for each prompt.
        advance: is told of prompts that are done.
    """
    allowed = text_span(tokens) if span == SOT else speech_span(tokens)
    closing = tokens.special(EOT if span == SOT else EOS)
    opening = np.array([tokens.vocabulary.special(span)], np.int32)
    found: dict[int, Ids] = {}
    order = sorted(range(len(prompts)), key=lambda place: len(prompts[place]))
    for start in range(0, len(order), BATCH):
        batch = order[start : start + BATCH]
        asked = [tokens.to_model(np.concatenate([prompts[place], opening])) for place in batch]
        limits = np.array([most[place] for place in batch])
        said = _complete(model, asked, allowed, closing, limits, sampling, [rngs[place] for place in batch])
        for place, row, limit in zip(batch, said, limits, strict=True):
            ends = np.flatnonzero(row == closing)
            whole = limit - limit % len(allowed)
            kept = row[: min(ends[0], whole) if len(ends) else whole]
            found[place] = tokens.to_corpus(kept.astype(np.int32))
        advance(len(batch))
    return [found[place] for place in range(len(prompts))]


def _complete(
    model: Qwen2ForCausalLM,
    prompts: Sequence[Ids],
    allowed: Sequence[Allowed],
    closing: int,
    limits: np.ndarray,
    sampling: Sampling,
    rngs: Sequence[np.random.Generator],
) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Return model ids behind each prompt, until all are closed or at their limit; what follows an end is noise."""
    longest = max(map(len, prompts))
    padding = torch.tensor([longest - len(prompt) for prompt in prompts], device=model.device)
    ids = np.zeros((len(prompts), longest), np.int64)
    for row, prompt in enumerate(prompts):
        ids[row, longest - len(prompt) :] = prompt
    cache = DynamicCache(config=model.config)
    feed = torch.from_numpy(ids).to(model.device)
    said: list[torch.Tensor] = []
    closed = np.zeros(len(prompts), np.bool_)
    while not (closed | (len(said) >= limits)).all():
        places = torch.arange(longest + len(said), device=model.device)
        hidden = model.model(
            input_ids=feed,
            attention_mask=(places >= padding[:, None]).long(),
            position_ids=(places[len(places) - feed.shape[1] :] - padding[:, None]).clamp(min=0),
            past_key_values=cache,
            use_cache=True,
        ).last_hidden_state[:, -1]
        slot = allowed[len(said) % len(allowed)]
        logits = hidden @ model.lm_head.weight[slot.low : slot.high].T
        draws = torch.tensor([rng.random() for rng in rngs], dtype=torch.float64, device=model.device)
        chosen = choose(logits.masked_fill(slot.banned.to(model.device), -torch.inf), sampling, draws) + slot.low
        said.append(chosen)
        closed |= (chosen == closing).cpu().numpy()
        feed = chosen[:, None]
    return torch.stack(said, dim=1).cpu().numpy() if said else np.zeros((len(prompts), 0), np.int64)
