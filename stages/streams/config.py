"""What a person may say about token streams: the tokenizers, the chunk, the longest rows."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from manifests.strict_model import StrictModel
from stages.units import WhisperVq
from stages.units.grid import CHUNK_UNITS


class Qwen2Text(StrictModel):
    """Qwen2's byte-pair encoding, from the weights registry."""

    kind: Literal["qwen2"] = "qwen2"


class FileText(StrictModel):
    """Any tokenizer file of the `tokenizers` library."""

    kind: Literal["file"]
    path: str = Field(min_length=1, description="a tokenizer.json, at the same path on every node")


class ChunkSlots(StrictModel):
    """How many tokens of each stream a chunk of `three_stream` holds; `two_stream` leaves the text out."""

    user: int = Field(default=10, ge=1, description="units of the user's speech")
    text: int = Field(default=2, ge=1, description="slots for the assistant's text")
    assistant: int = Field(default=10, ge=1, description="units of the assistant's speech")


TextTokenizerConfig = Annotated[Qwen2Text | FileText, Field(discriminator="kind")]


class StreamsConfig(StrictModel):
    """Section `streams`."""

    text_tokenizer: TextTokenizerConfig = Field(default=Qwen2Text(), description="makes the text tokens")
    speech_tokenizer: WhisperVq = Field(default=WhisperVq(), description="makes the units")
    chunk: ChunkSlots = Field(default=ChunkSlots(), description="the chunk of the full-duplex configs")
    max_length: int = Field(default=8192, ge=64, description="longest row of the configs but `alignment`, in tokens")
    alignment_max_length: int = Field(default=1024, ge=16, description="longest row of `alignment`, in tokens")

    @model_validator(mode="after")
    def _chunk_fits(self) -> Self:
        for name, units in (("user", self.chunk.user), ("assistant", self.chunk.assistant)):
            if units != CHUNK_UNITS:
                raise ValueError(
                    f"chunk.{name} is {units}, but {self.speech_tokenizer.kind} makes units in chunks of {CHUNK_UNITS}"
                )
        if self.chunk_tokens > self.max_length:
            raise ValueError(f"max_length {self.max_length} holds no chunk of {self.chunk_tokens} tokens")
        return self

    @property
    def chunk_tokens(self) -> int:
        """Tokens of one chunk of `three_stream`."""
        return self.chunk.user + self.chunk.text + self.chunk.assistant
