"""Mimi through `transformers`: streaming, in training as in conversation."""

from typing import Any

import numpy as np

from manifests.audio import Samples
from stages.units.base import Units
from stages.units.codecs.channel import flatten_codes, whole_chunks
from stages.units.codecs.one_thread import torch_on_one_thread
from stages.units.codecs.pretrained import load_pretrained
from stages.units.config import Mimi


class MimiUnits:
    """Mimi's first codebooks, flattened frame by frame.

    A channel of any length goes through the model as a live loop feeds it, 400 ms after 400 ms with the model's own
    caches (its convolutions' paddings, the last 20 s of its attention): units made offline are those made live.

    Raises:
        BuildError: torch or transformers are missing, or the checkpoint is not available or not as configured.
    """

    def __init__(self, config: Mimi) -> None:
        self._torch = torch_on_one_thread()
        from transformers import MimiModel

        self._model = load_pretrained(config, MimiModel, lambda made: made.frame_rate)
        self._config = config
        self.size = config.size
        self.rate_hz = config.rate_hz
        self.codebooks = config.codebooks
        self.chunk_units = config.chunk_units
        self.sample_rate = int(self._model.config.sampling_rate)

    def encode(self, samples: Samples, sample_rate: int) -> Units:
        """Return the units of a whole channel, see `stages.units.SpeechTokenizer`."""
        stream = self.stream()
        chunks = whole_chunks(samples, sample_rate, self.sample_rate)
        return np.concatenate([np.zeros(0, np.int32), *(stream.push(chunk) for chunk in chunks)])

    def stream(self) -> "MimiStream":
        """Return a new stream, at the start of a channel."""
        return MimiStream(self._torch, self._model, self._config)


class MimiStream:
    """One channel in the making; several may run side by side on one model."""

    def __init__(self, torch: Any, model: Any, config: Mimi) -> None:
        self._torch = torch
        self._model = model
        self._config = config
        self._attention: Any = None
        self._paddings: Any = None

    def push(self, chunk: Samples) -> Units:
        """Return the units of the next 400 ms, shape (chunk_units,).

        Args:
            chunk: shape (n,) at the model's rate, 24 kHz; the next samples of the channel.
        """
        with self._torch.inference_mode():
            made = self._model.encode(
                self._torch.from_numpy(np.ascontiguousarray(chunk))[None, None],
                num_quantizers=max(self._config.codebooks, self._model.config.num_semantic_quantizers),
                encoder_past_key_values=self._attention,
                padding_cache=self._paddings,
                use_streaming=True,
            )
        self._attention, self._paddings = made.encoder_past_key_values, made.padding_cache
        return flatten_codes(made.audio_codes[0, : self._config.codebooks].numpy(), self._config.codebook_size)
