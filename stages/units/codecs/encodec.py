"""EnCodec through `transformers`: mono models, whole recordings at a time."""

from typing import Any

from manifests.audio import Samples
from manifests.errors import BuildError
from stages.units.base import Units
from stages.units.codecs.channel import flatten_codes, whole_chunks
from stages.units.codecs.checkpoint import checkpoint_name
from stages.units.codecs.one_thread import torch_on_one_thread
from stages.units.codecs.pretrained import load_pretrained
from stages.units.codecs.windows import units_in_windows
from stages.units.config import Encodec


class EncodecUnits:
    """EnCodec's first codebooks, flattened frame by frame.

    `transformers` has no streaming for it: a channel of up to 30 s is encoded whole, a longer one in windows of 30 s
    that overlap by 4 s, the middle of each kept.

    Raises:
        BuildError: torch or transformers are missing, or the checkpoint is not available or not as configured.
    """

    def __init__(self, config: Encodec) -> None:
        self._torch = torch_on_one_thread()
        from transformers import EncodecModel

        self._model = load_pretrained(config, EncodecModel, lambda made: made.sampling_rate / made.hop_length)
        self._config = config
        self.size = config.size
        self.rate_hz = config.rate_hz
        self.codebooks = config.codebooks
        self.chunk_units = config.chunk_units
        self.sample_rate = int(self._model.config.sampling_rate)
        self._bandwidth = self._smallest_bandwidth()

    def encode(self, samples: Samples, sample_rate: int) -> Units:
        """Return the units of a whole channel, see `stages.units.SpeechTokenizer`."""
        chunks = whole_chunks(samples, sample_rate, self.sample_rate)
        return units_in_windows(chunks.reshape(-1), len(chunks), self.chunk_units, self._window_units)

    def _window_units(self, samples: Samples) -> Units:
        with self._torch.inference_mode():
            channel = self._torch.from_numpy(samples)[None, None]
            codes = self._model.encode(channel, bandwidth=self._bandwidth).audio_codes
        return flatten_codes(codes[0, 0, : self.codebooks].numpy(), self._config.codebook_size)

    def _smallest_bandwidth(self) -> float:
        """Return the smallest of the model's bandwidths (kbit/s) that gives all the codebooks asked for."""
        made: Any = self._model.config
        if made.chunk_length_s is not None or made.normalize:
            raise BuildError(
                f"{checkpoint_name(self._config)} splits or scales its input (chunk_length_s, normalize), so units "
                "alone don't determine the sound; use a model that doesn't, such as encodec_24khz"
            )
        books = self._model.quantizer.get_num_quantizers_for_bandwidth
        enough = [float(width) for width in made.target_bandwidths if books(width) >= self.codebooks]
        if not enough:
            raise BuildError(f"{checkpoint_name(self._config)} has no bandwidth with {self.codebooks} codebooks")
        return min(enough)
