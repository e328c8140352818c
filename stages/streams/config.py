"""The config of token streams: tokenizers, chunks, longest rows."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from manifests.strict_model import StrictModel
from stages.units import SpeechTokenizerConfig, WhisperVq


class Qwen2Text(StrictModel):
    """Qwen2's byte-pair encoding, from the weights registry."""

    kind: Literal["qwen2"] = "qwen2"


class FileText(StrictModel):
    """Any tokenizer file of the `tokenizers` library."""

    kind: Literal["file"]
    path: str = Field(min_length=1, description="a tokenizer.json, at the same path on every node")


class ChunkSlots(StrictModel):
    """How many tokens of each stream a chunk of `three_stream` holds; `two_stream` leaves out the text.

    A chunk lasts 400 ms, so the tokenizer decides how many units it holds: that is the default, and no other number
    is valid.
    """

    user: int = Field(ge=1, description="units of the user's speech")
    text: int = Field(default=2, ge=1, description="slots for the assistant's text")
    assistant: int = Field(ge=1, description="units of the assistant's speech")


TextTokenizerConfig = Annotated[Qwen2Text | FileText, Field(discriminator="kind")]


class StreamsConfig(StrictModel):
    """Section `streams`."""

    text_tokenizer: TextTokenizerConfig = Field(default=Qwen2Text(), description="makes the text tokens")
    speech_tokenizer: SpeechTokenizerConfig = Field(default=WhisperVq(), description="makes the units")
    chunk: ChunkSlots = Field(
        default_factory=dict,
        validate_default=True,
        description="the chunk of the full-duplex configs; user and assistant follow from the speech tokenizer, and "
        "no other numbers are valid",
    )
    text_at: Literal["onset", "word"] = Field(
        default="onset",
        description="where the assistant's text is in three_stream: from the turn's onset on, mostly ahead of the "
        "speech, as in the paper; or each word no earlier than the chunk in which its speech starts",
    )
    max_length: int = Field(default=8192, ge=64, description="longest row of all configs except `alignment`, in tokens")
    alignment_max_length: int = Field(default=1024, ge=16, description="longest row of `alignment`, in tokens")

    @field_validator("chunk", mode="before")
    @classmethod
    def _units_follow_the_tokenizer(cls, given: Any, info: ValidationInfo) -> Any:
        """Fill in what the tokenizer decides; for a refused one, the default's, so that only its error is reported."""
        units = info.data.get("speech_tokenizer", WhisperVq()).chunk_units
        return {"user": units, "assistant": units, **given} if isinstance(given, Mapping) else given

    @model_validator(mode="after")
    def _chunk_fits(self) -> Self:
        tokenizer = self.speech_tokenizer
        for name, units in (("user", self.chunk.user), ("assistant", self.chunk.assistant)):
            if units != tokenizer.chunk_units:
                raise ValueError(
                    f"chunk.{name} is {units}, but {tokenizer.kind} makes {tokenizer.chunk_units} units per 400 ms "
                    f"chunk: set {tokenizer.chunk_units}, or leave it out"
                )
        if self.chunk_tokens > self.max_length:
            raise ValueError(f"max_length {self.max_length} is less than one chunk of {self.chunk_tokens} tokens")
        return self

    @property
    def chunk_tokens(self) -> int:
        """Tokens of one chunk of `three_stream`."""
        return self.chunk.user + self.chunk.text + self.chunk.assistant
