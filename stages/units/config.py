"""What a person may say about speech units: which tokenizer makes them."""

from typing import Literal

from pydantic import Field

from manifests.strict_model import StrictModel


class WhisperVq(StrictModel):
    """The embedded units: Whisper tiny.en features and a codebook, 25 Hz in chunks of ten."""

    kind: Literal["whisper-vq"] = "whisper-vq"
    codebook: str | None = Field(
        default=None, min_length=1, description="a codebook of your own training; none: the one that comes along"
    )
