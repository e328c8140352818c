"""The model in full duplex: for each chunk of the user's units, the assistant's text and units of the same 400 ms.

Attention reaches back a bounded number of tokens, so that memory and time per chunk don't grow with the conversation.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from transformers import Qwen2ForCausalLM

from stages.streams.vocabulary import SILENT_SPEECH
from training.duplex.token_map import TokenMap
from training.loop.layout import ChunkLayout
from training.loop.sampling import Sampling, allowed_text, allowed_units, choose
from training.loop.window_cache import WindowCache

READ_TOKENS = 1024
"""Of a past that is read at once: the mask grows with it times the window."""

Grid = np.ndarray[tuple[int, int], np.dtype[np.int32]]


@dataclass(frozen=True)
class ChunkTokens:
    """The assistant's part of a chunk of each conversation, in corpus ids.

    Attributes:
        text: shape (conversations, text slots): text ids or silent_text_token.
        units: shape (conversations, units): units' ids or silent_speech_token.
    """

    text: Grid
    units: Grid


class DuplexModel:
    """A network with its chunk layout; opens conversations.

    Attributes:
        network: with a window.

    Args:
        network: as trained; its weights are shared, not changed.
        tokens: its ids.
        layout: of a chunk.
        sampling: how tokens are drawn.
        window_chunks: how many chunks back a token attends, its own included.
    """

    def __init__(
        self, network: Qwen2ForCausalLM, tokens: TokenMap, layout: ChunkLayout, sampling: Sampling, window_chunks: int
    ) -> None:
        self.network = windowed(network, window_chunks * layout.width)
        self.tokens = tokens
        self.layout = layout
        self.sampling = sampling
        text = allowed_text(tokens)
        books = [allowed_units(tokens, codebook) for codebook in range(layout.codebooks)]
        self._slots = [text] * layout.text + [books[unit % layout.codebooks] for unit in range(layout.units)]
        self._heads = [network.lm_head.weight[slot.low : slot.high] for slot in self._slots]
        self._banned = [slot.banned.to(network.device) for slot in self._slots]
        self._silent = tokens.special(SILENT_SPEECH)

    def converse(self, rngs: Sequence[np.random.Generator]) -> "Conversations":
        """Open conversations that run side by side; each draws only from its own generator."""
        return Conversations(self, rngs)

    def draw(self, hidden: Tensor, slot: int, frame_start: Tensor | None, draws: Tensor) -> Tensor:
        """Return the model ids of one slot of what the assistant says, shape (conversations,).

        Args:
            hidden: shape (conversations, width of the network): the last layer's.
            slot: of the assistant's text and units.
            frame_start: the ids that began the frame, where the slot goes on with it.
            draws: shape (conversations,).
        """
        logits = (hidden @ self._heads[slot].T).masked_fill(self._banned[slot], -torch.inf)
        ids = choose(logits, self.sampling, draws) + self._slots[slot].low
        return ids if frame_start is None else torch.where(frame_start == self._silent, frame_start, ids)


class Conversations:
    """Independent conversations side by side; `read` the past if there is one, then `step` chunk by chunk."""

    def __init__(self, model: DuplexModel, rngs: Sequence[np.random.Generator]) -> None:
        self._model = model
        self._rngs = tuple(rngs)
        self._cache = WindowCache(model.network.config)
        self._device = model.network.device
        self._padding = torch.zeros(len(self._rngs), dtype=torch.long, device=self._device)
        self._padded = False
        self._length = 0
        self._pending = torch.zeros((len(self._rngs), 0), dtype=torch.long, device=self._device)

    @property
    def cached_tokens(self) -> int:
        """How many tokens the cache holds of each conversation."""
        return self._cache.tokens

    @torch.inference_mode()
    def read(self, pasts: Sequence[Grid]) -> None:
        """Read what was said before.

        Args:
            pasts: for each conversation its chunks in corpus ids, shape (chunks, width); any number of them.

        Raises:
            ValueError: something was read or said already.
        """
        if self._length:
            raise ValueError("a conversation's past must be read before anything is said")
        longest = max(past.size for past in pasts)
        ids = np.zeros((len(pasts), longest), np.int64)
        for row, past in enumerate(pasts):
            ids[row, longest - past.size :] = self._model.tokens.to_model(past.reshape(-1))
        self._padding = torch.tensor([longest - past.size for past in pasts], device=self._device)
        self._padded = any(past.size < longest for past in pasts)
        tokens = torch.from_numpy(ids).to(self._device)
        for start in range(0, longest, READ_TOKENS):
            self._forward(tokens[:, start : start + READ_TOKENS])

    @torch.inference_mode()
    def step(self, user: Grid) -> ChunkTokens:
        """Return what the assistant says while the user says this.

        Args:
            user: the user's units of the chunk in corpus ids, shape (conversations, units).
        """
        model, layout = self._model, self._model.layout
        draws = torch.from_numpy(np.stack([rng.random(layout.spoken) for rng in self._rngs]))
        draws = draws.to(self._device)
        heard = model.tokens.to_model(user.reshape(-1)).reshape(user.shape).astype(np.int64)
        feed = torch.cat([self._pending, torch.from_numpy(heard).to(self._device)], dim=1)
        said: list[Tensor] = []
        for slot in range(layout.spoken):
            hidden = self._forward(feed)[:, -1]
            unit = slot - layout.text
            frame = unit // layout.codebooks * layout.codebooks + layout.text
            goes_on = unit >= 0 and unit % layout.codebooks > 0
            said.append(model.draw(hidden, slot, said[frame] if goes_on else None, draws[:, slot]))
            feed = said[-1][:, None]
        self._pending = feed
        ids = torch.stack(said, dim=1).cpu().numpy()
        corpus = model.tokens.to_corpus(ids.reshape(-1)).reshape(ids.shape)
        return ChunkTokens(corpus[:, : layout.text], corpus[:, layout.text :])

    def _forward(self, ids: Tensor) -> Tensor:
        """Return the last hidden states of the next tokens, shape (conversations, n, width), and cache them."""
        start, self._length = self._length, self._length + ids.shape[1]
        mask = None
        if self._padded:
            mask = (torch.arange(self._length, device=self._device) >= self._padding[:, None]).long()
        places = torch.arange(start, self._length, device=self._device)
        hidden: Tensor = self._model.network.model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=(places - self._padding[:, None]).clamp(min=0),
            past_key_values=self._cache,
            use_cache=True,
        ).last_hidden_state
        return hidden


def windowed(model: Qwen2ForCausalLM, tokens: int) -> Qwen2ForCausalLM:
    """Return the model with the same weights but with every layer attending only to the last `tokens` tokens."""
    config = copy.deepcopy(model.config)
    config.use_sliding_window = True
    config.sliding_window = tokens
    config.layer_types = ["sliding_attention"] * config.num_hidden_layers
    narrow = Qwen2ForCausalLM(config)
    narrow.load_state_dict(model.state_dict(), assign=True)
    narrow.train(False)
    return narrow
