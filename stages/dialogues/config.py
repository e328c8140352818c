"""The `dialogues` section of a config, and its defaults."""

from typing import Literal, Self

from pydantic import Field, model_validator

from manifests.addresses import FileAddress
from manifests.strict_model import StrictModel
from stages.llm.chat import Purpose
from stages.llm.config import LlmConfig

Language = Literal["en", "zh"]
Layout = Literal["messages", "alpaca", "ultrachat", "moss"]


class TurnsConfig(StrictModel):
    """How many turns a dialogue has; always whole exchanges of one user and one assistant turn."""

    min: int = Field(default=4, ge=2, le=60, description="Minimum turns per dialogue; even.")
    max: int = Field(
        default=10, ge=2, le=60, description="Maximum turns per dialogue; even. Longer texts are trimmed to it."
    )

    @model_validator(mode="after")
    def _whole_exchanges(self) -> Self:
        for name, value in (("min", self.min), ("max", self.max)):
            if value % 2:
                raise ValueError(f"turns.{name} is {value}; it must be even (user and assistant take turns)")
        if self.min > self.max:
            raise ValueError(f"turns.min ({self.min}) is greater than turns.max ({self.max})")
        return self


WRITING = Purpose(
    answer="dialogue",
    url="dialogues.llm.base_url",
    model="dialogues.llm.model",
    key="dialogues.llm.api_key_env",
    dialect="dialogues.llm.answers: json_object, or dialogues.llm.reasoning: true",
)


_ANSWER_TOKENS = 1024
_TURN_TOKENS = 60
"""Room for the longest turns that are asked for, 25 English words or 50 Chinese characters, in their JSON."""


class WriterConfig(LlmConfig):
    """The language model that writes: the embedded one, or any OpenAI-compatible endpoint."""

    mode: Literal["exchanges", "whole"] | None = Field(
        default=None,
        description="exchanges: one call per user-assistant exchange, for weak models; whole: one call per dialogue. "
        "Default: exchanges for local, whole for openai.",
    )
    temperature: float = Field(default=0.4, ge=0, le=2, description="Sampling temperature.")
    top_p: float = Field(default=0.95, gt=0, le=1, description="Nucleus sampling: probability mass to sample from.")
    max_tokens: int | None = Field(
        default=None,
        ge=16,
        description=f"Maximum tokens per answer. Default: {_ANSWER_TOKENS}, or {_TURN_TOKENS} times turns.max if "
        "that is more.",
    )

    @property
    def resolved_mode(self) -> Literal["exchanges", "whole"]:
        """The mode in effect."""
        if self.mode is not None:
            return self.mode
        return "exchanges" if self.provider == "local" else "whole"


class FileConfig(StrictModel):
    """An existing text set: one JSON record per line; dialogue i is record i."""

    path: FileAddress = Field(description="JSONL file, local or any fsspec address.")
    layout: Layout = Field(default="messages", description="Shape of a record: messages, alpaca, ultrachat or moss.")


class FiltersConfig(StrictModel):
    """What makes a text unusable. `max_words`, code, maths and rare symbols follow the paper; the rest is our own."""

    max_words: int = Field(
        default=200, ge=1, description="Maximum words per turn (each Chinese character counts as a word)."
    )
    max_code_share: float = Field(
        default=0.1, ge=0, le=1, description="Maximum share of a turn's characters that is code."
    )
    max_maths_share: float = Field(
        default=0.1, ge=0, le=1, description="Maximum share of a turn's words that is maths."
    )
    max_rare_share: float = Field(
        default=0.02, ge=0, le=1, description="Maximum share of characters outside everyday writing."
    )
    loop_ngram: int = Field(default=3, ge=1, le=20, description="Length, in words, of the runs counted as loops.")
    max_loop_share: float = Field(
        default=0.25, ge=0, le=1, description="Maximum share of a turn's runs that occurred earlier in it."
    )
    max_turn_similarity: float = Field(
        default=0.8,
        ge=0,
        le=1,
        description="Maximum overlap (Jaccard, words) of a turn with an earlier one of the same role.",
    )
    duplicate_similarity: float = Field(
        default=0.7,
        gt=0,
        le=1,
        description="Jaccard similarity of word shingles at which a dialogue counts as a near-duplicate.",
    )
    duplicate_shingle: int = Field(default=3, ge=1, le=20, description="Words per shingle for near-duplicates.")


class DialoguesConfig(StrictModel):
    """The first stage: where text dialogues come from and which are kept."""

    source: Literal["llm", "file"] = Field(
        default="llm", description="llm: written by a language model; file: read from a text set."
    )
    language: Language = Field(default="en", description="Language of the dialogues.")
    turns: TurnsConfig = Field(default_factory=lambda: TurnsConfig(), description="Turns per dialogue.")
    interruption_share: float = Field(
        default=0.25, ge=0, le=1, description="Share of dialogues in which one user turn interrupts the assistant."
    )
    backchannel_share: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Share of dialogues whose script marks where the listener says something short; mode whole only. "
        "In all others, scenes.timing places backchannels at its rates.",
    )
    max_attempts: int = Field(
        default=12,
        ge=1,
        le=100,
        description="Answers requested before a dialogue (in mode exchanges: an exchange) is given up.",
    )
    llm: WriterConfig = Field(default_factory=lambda: WriterConfig(), description="The language model, for source llm.")
    scenarios: FileAddress | None = Field(
        default=None,
        description="Path or fsspec URL of a YAML file with topics, personas, moods and settings to draw from, for "
        "source llm, in the format of the bundled ones (stages/dialogues/data). Default: the bundled ones, 32 topics "
        "in en, 10 in zh.",
    )
    file: FileConfig | None = Field(default=None, description="The text set, for source file.")
    filters: FiltersConfig = Field(default_factory=lambda: FiltersConfig(), description="Which texts are refused.")

    @property
    def answer_tokens(self) -> int:
        """The maximum tokens per answer in effect."""
        return self.llm.max_tokens or max(_ANSWER_TOKENS, _TURN_TOKENS * self.turns.max)

    @model_validator(mode="after")
    def _source_agrees(self) -> Self:
        if self.source == "file" and self.file is None:
            raise ValueError("source is file, but the section file (path, layout) is missing")
        if self.source == "llm" and self.file is not None:
            raise ValueError("the section file is given, but source is llm; set source: file or drop the section")
        if self.source == "file" and self.scenarios is not None:
            raise ValueError("scenarios is given, but source is file; set source: llm or drop scenarios")
        if self.file is not None and self.file.layout == "alpaca" and self.turns.min > 2:
            raise ValueError(
                f"file.layout alpaca has two turns per record, but turns.min is {self.turns.min}; set it to 2"
            )
        if self.source == "llm" and self.llm.provider == "local" and self.language != "en":
            raise ValueError(
                f"language is {self.language}, but the embedded model writes only en; set llm.provider: openai"
            )
        if self.source == "llm" and self.llm.resolved_mode == "exchanges" and self.language != "en":
            raise ValueError(f"mode exchanges writes only en, but language is {self.language}")
        if self.backchannel_share > 0 and (self.source == "file" or self.llm.resolved_mode == "exchanges"):
            raise ValueError(
                f"backchannel_share is {self.backchannel_share}, but only llm.mode whole requests marks; "
                "set it to 0 (records in layout messages may have marks of their own)"
            )
        if self.interruption_share > 0 and self.turns.max < 4:
            raise ValueError(
                f"interruption_share is {self.interruption_share}, but turns.max ({self.turns.max}) leaves no "
                "assistant turn to interrupt; it needs at least 4"
            )
        return self
