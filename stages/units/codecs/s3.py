"""CosyVoice's tokens through `s3tokenizer`: the .onnx file's weights in that package's torch model."""

import importlib.util
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from manifests.audio import Samples
from manifests.errors import BuildError
from manifests.extras import missing_extra
from stages.units.base import Units
from stages.units.codecs.channel import flatten_codes, whole_chunks
from stages.units.codecs.checkpoint import check_finite, onnx_file
from stages.units.codecs.one_thread import torch_on_one_thread
from stages.units.codecs.windows import units_in_windows
from stages.units.config import S3Tokenizer

SAMPLE_RATE = 16_000
HEAD_WIDTH = 64
"""Of every attention head, as in Whisper: not to be told from the weights."""
MODEL_NAMES = {
    "v1_50hz": "speech_tokenizer_v1",
    "v1_25hz": "speech_tokenizer_v1_25hz",
    "v2_25hz": "speech_tokenizer_v2_25hz",
}
"""What s3tokenizer calls them; its classes take the stride from the name."""
FIRST_STRIDES = {"v1_50hz": 1, "v1_25hz": 2, "v2_25hz": 2}


class S3Units:
    """S3 tokens of one codebook.

    The model hears a recording from both sides of each unit, and scales it by its loudest frame: a channel of up to
    30 s is encoded whole, a longer one in windows of 30 s that overlap by 4 s, the middle of each kept.

    Raises:
        BuildError: torch or s3tokenizer are missing, or the checkpoint is not available or not as configured.
    """

    codebooks = 1

    def __init__(self, config: S3Tokenizer) -> None:
        self._torch = torch_on_one_thread()
        self._package = s3tokenizer_package()
        self._model = _loaded(self._package, onnx_file(config), config)
        self.size = config.size
        self.rate_hz = config.rate_hz
        self.chunk_units = config.chunk_units

    def encode(self, samples: Samples, sample_rate: int) -> Units:
        """Return the units of a whole channel, see `stages.units.SpeechTokenizer`."""
        chunks = whole_chunks(samples, sample_rate, SAMPLE_RATE)
        mel = self._log_mel(chunks.reshape(-1))
        return units_in_windows(mel, len(chunks), self.chunk_units, self._window_units)

    def _log_mel(self, samples: Samples) -> Any:
        bands = self._model.config.n_mels
        if not len(samples):
            return self._torch.zeros(bands, 0)
        return self._package.log_mel_spectrogram(self._torch.from_numpy(samples), bands)

    def _window_units(self, mel: Any) -> Units:
        length = self._torch.tensor([mel.shape[-1]])
        codes, _ = self._model.quantize(mel[None], length)
        return flatten_codes(codes.numpy(), self.size)


def _loaded(package: Any, path: Path, config: S3Tokenizer) -> Any:
    """Return the model that the weights of the .onnx file make, in evaluation mode."""
    place = f"streams.speech_tokenizer: {path}"
    try:
        stride = _first_stride(path)
        weights = package.onnx2torch(str(path))
        model = _empty_model(config, weights)
        model.load_state_dict(weights, strict=True)
    except Exception as error:  # whatever protobuf, the converter or torch say of a file that is another thing
        raise BuildError(f"{place} is not a tokenizer of variant {config.variant}: {error!r:.300}") from error
    check_finite(weights, place)
    if stride != FIRST_STRIDES[config.variant]:
        raise BuildError(
            f"{place}: its first convolution has stride {stride}, but that of {config.variant} has "
            f"{FIRST_STRIDES[config.variant]}; set variant accordingly"
        )
    if model.quantizer.codebook_size != config.size:
        raise BuildError(f"{place} has {model.quantizer.codebook_size} codes, but {config.variant} has {config.size}")
    return model.eval()


def _empty_model(config: S3Tokenizer, weights: Mapping[str, Any]) -> Any:
    """Return a model of the weights' sizes; s3tokenizer's own loader knows those of the released ones alone."""
    from s3tokenizer import model, model_v2

    width, bands, _ = weights["encoder.conv1.weight"].shape
    blocks = {name.split(".")[2] for name in weights if name.startswith("encoder.blocks.")}
    sizes = {
        "n_mels": bands,
        "n_audio_state": width,
        "n_audio_head": width // HEAD_WIDTH,
        "n_audio_layer": len(blocks),
    }
    name = MODEL_NAMES[config.variant]
    if config.variant == "v2_25hz":
        return model_v2.S3TokenizerV2(name, model_v2.ModelConfig(**sizes))
    context = len(weights["encoder.positional_embedding"])
    codes = len(weights["quantizer._codebook.embed"])
    return model.S3Tokenizer(name, model.ModelConfig(**sizes, n_audio_ctx=context, n_codebook_size=codes))


def _first_stride(path: Path) -> int:
    """Return the stride of the first convolution: all that tells a 50 Hz tokenizer from one of 25 Hz."""
    import onnx

    graph = onnx.load(path, load_external_data=False).graph
    first = next(node for node in graph.node if node.op_type == "Conv")
    strides = [attribute.ints[0] for attribute in first.attribute if attribute.name == "strides"]
    return int(strides[0]) if strides else 1


def s3tokenizer_package() -> Any:
    """Return the package, imported.

    Raises:
        BuildError: it isn't installed, or torchaudio is and can't be loaded.
    """
    try:
        with _torchaudio_left_out():
            import s3tokenizer
    except (ImportError, OSError) as error:
        raise missing_extra(
            f"the speech tokenizer needs s3tokenizer ({error})",
            "codecs",
            "then: pip install -c constraints.txt --no-deps s3tokenizer",
        ) from error
    return s3tokenizer


@contextmanager
def _torchaudio_left_out() -> Iterator[None]:
    """Let s3tokenizer be imported where torchaudio isn't installed.

    It imports torchaudio for one function, which reads audio files and is not used here; torchaudio's wheels load
    only beside a CUDA build of torch. An empty module stands in while the import lasts, and no longer: others ask
    whether torchaudio is there.
    """
    name = "torchaudio"
    if name in sys.modules or importlib.util.find_spec(name) is not None:
        yield
        return
    sys.modules[name] = ModuleType(name)
    try:
        yield
    finally:
        del sys.modules[name]
