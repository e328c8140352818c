"""Loads a codec through `transformers`: safetensors only, no code from the checkpoint, nothing left to chance."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from manifests.errors import BuildError
from stages.units.codecs.checkpoint import check_finite, model_folder
from stages.units.config import ResidualCodec


def load_pretrained(codec: ResidualCodec, model_class: Any, frame_rate_hz: Callable[[Any], float]) -> Any:
    """Return the model on the CPU in float32, in evaluation mode.

    Args:
        model_class: `MimiModel` or `EncodecModel`.
        frame_rate_hz: tells the frames per second from the model's config.

    Raises:
        BuildError: a file is missing, the checkpoint is of another kind or format than the config says, it leaves
            weights out, which `transformers` would fill with random numbers, or some are no numbers.
    """
    folder = model_folder(codec)
    place = f"streams.speech_tokenizer: {folder}"
    _check_kind(folder / "config.json", model_class.config_class.model_type, place)
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model, found = model_class.from_pretrained(
            folder, use_safetensors=True, local_files_only=True, output_loading_info=True, dtype="float32"
        )
    except Exception as error:  # many kinds, from the reading of tensors to the checks of a config's fields
        raise BuildError(f"{place} can't be loaded: {error}") from error
    wrong = {name: sorted(map(str, found[name])) for name in ("missing_keys", "mismatched_keys") if found[name]}
    if wrong:
        raise BuildError(f"{place}: weights don't fit the model: {wrong!s:.300}")
    check_finite(model.state_dict(), place)
    _check_format(codec, model.config, frame_rate_hz(model.config), place)
    return model.eval()


def _check_kind(path: Path, kind: str, place: str) -> None:
    try:
        said = json.loads(path.read_text("utf-8"))["model_type"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BuildError(f"{place}: config.json can't be read: {error!r}") from error
    if said != kind:
        raise BuildError(f"{place}: config.json has model_type {said!r}, not {kind!r}")


def _check_format(codec: ResidualCodec, made: Any, frame_rate_hz: float, place: str) -> None:
    if made.audio_channels != 1:
        raise BuildError(f"{place} encodes {made.audio_channels} channels at once; use a mono model")
    if codec.codebooks > made.num_quantizers:
        raise BuildError(f"{place} has {made.num_quantizers} codebooks, but codebooks is {codec.codebooks}")
    formats = {
        "codebook_size": (codec.codebook_size, made.codebook_size),
        "frame_rate_hz": (codec.frame_rate_hz, frame_rate_hz),
    }
    for key, (said, found) in formats.items():
        if said != found:
            raise BuildError(f"{place} has {key} {found:g}, but the config says {said:g}")
