"""Token loss of held-out rows, stream by stream: mean cross-entropy in nats of the tokens that are learned from."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional
from transformers import Qwen2ForCausalLM

from manifests.records import TokenRow
from stages.streams import Vocabulary, unflatten_four_stream
from stages.streams.vocabulary import SILENT_SPEECH, SILENT_TEXT
from training.duplex.token_map import TokenMap

ALL = "all"
STREAMS = ("user text", "assistant text", "text", "silent text", "units", "silent speech", "markers")
BATCH_TOKENS = 8192
LOGIT_ROWS = 1024
"""Positions whose logits are computed at once."""

_NO_TARGET = -100

Names = np.ndarray[tuple[int], np.dtype[np.int64]]


@dataclass(frozen=True)
class Loss:
    """A mean over tokens."""

    tokens: int
    nats: float


def streams_of(row: TokenRow, vocabulary: Vocabulary) -> Names:
    """Return the stream of each token of a row, by its place in `STREAMS`; shape (n,).

    In `four_stream` text is told apart by its speaker; elsewhere it is the assistant's, or of whoever speaks the turn.
    """
    ids = row.input_ids
    of_text = "text" if row.config == "alignment" else "assistant text"
    names = np.full(len(ids), STREAMS.index("markers"))
    names[ids < vocabulary.text_size] = STREAMS.index(of_text)
    names[ids >= vocabulary.unit_offset] = STREAMS.index("units")
    names[ids == vocabulary.special(SILENT_TEXT)] = STREAMS.index("silent text")
    names[ids == vocabulary.special(SILENT_SPEECH)] = STREAMS.index("silent speech")
    if row.config == "four_stream":
        start = 0
        for turn in unflatten_four_stream(ids, vocabulary):
            end = start + len(turn.units) + len(turn.text) + 4
            if turn.role == "user":
                said = names[start:end]
                said[said == STREAMS.index(of_text)] = STREAMS.index("user text")
            start = end
    return names


@torch.inference_mode()
def token_losses(
    model: Qwen2ForCausalLM,
    tokens: TokenMap,
    rows: Iterable[TokenRow],
    max_length: int,
    advance: Callable[[int], None],
) -> dict[str, Loss]:
    """Return the losses by stream, and of `ALL` together; streams without tokens are left out.

    A token that the model's vocabulary lacks is not counted, as in training.

    Args:
        model: in evaluation mode.
        tokens: its ids.
        rows: of one config.
        max_length: rows are cut to it, as the model was trained.
        advance: is told of tokens that have been read.
    """
    sums: defaultdict[str, float] = defaultdict(float)
    counts: defaultdict[str, int] = defaultdict(int)
    for batch in _batches(rows, max_length):
        width = max(len(row.input_ids[:max_length]) for row in batch)
        ids = np.zeros((len(batch), width), np.int64)
        targets = np.full((len(batch), width), _NO_TARGET)
        names = np.zeros((len(batch), width), np.int64)
        for place, row in enumerate(batch):
            length = min(len(row.input_ids), max_length)
            ids[place, :length] = tokens.to_model(row.input_ids[:length])
            learned = row.loss_mask[:length] & (ids[place, :length] != tokens.unknown)
            targets[place, :length] = np.where(learned, ids[place, :length], _NO_TARGET)
            names[place, :length] = streams_of(row, tokens.vocabulary)[:length]
        nats = _nats(model, torch.from_numpy(ids), torch.from_numpy(targets[:, 1:]))
        counted = targets[:, 1:] != _NO_TARGET
        for number, stream in enumerate(STREAMS):
            of_stream = counted & (names[:, 1:] == number)
            sums[stream] += float(nats[of_stream].sum())
            counts[stream] += int(of_stream.sum())
        advance(sum(min(len(row.input_ids), max_length) for row in batch))
    sums[ALL], counts[ALL] = sum(sums.values()), sum(counts.values())
    return {stream: Loss(counts[stream], sums[stream] / counts[stream]) for stream in (*STREAMS, ALL) if counts[stream]}


def _nats(
    model: Qwen2ForCausalLM, ids: torch.Tensor, targets: torch.Tensor
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return the cross-entropy of each next token, 0 where there is no target; shape (rows, width - 1)."""
    hidden = model.model(input_ids=ids.to(model.device), use_cache=False).last_hidden_state[:, :-1]
    flat, wanted = hidden.reshape(-1, hidden.shape[-1]), targets.reshape(-1).to(model.device)
    parts = [
        functional.cross_entropy(
            model.lm_head(flat[start : start + LOGIT_ROWS]).float(),
            wanted[start : start + LOGIT_ROWS],
            ignore_index=_NO_TARGET,
            reduction="none",
        )
        for start in range(0, len(flat), LOGIT_ROWS)
    ]
    return torch.cat(parts).reshape(targets.shape).double().cpu().numpy()


def _batches(rows: Iterable[TokenRow], max_length: int) -> Iterator[list[TokenRow]]:
    """Yield rows of like length together: they are padded behind, where causal attention does not look."""
    batch: list[TokenRow] = []
    for row in sorted(rows, key=lambda each: len(each.input_ids)):
        length = min(len(row.input_ids), max_length)
        if batch and (len(batch) + 1) * length > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch
