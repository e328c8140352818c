"""The config of the gate that every turn must pass: its thresholds, its judges, how often a turn is spoken again."""

from typing import Literal

from pydantic import Field

from manifests.strict_model import RUN_ONLY, StrictModel

NO_JUDGE = "none"
EMBEDDED_JUDGE = "whisper-tiny.en"
"""A name of the weights registry."""

ComputeType = Literal[
    "int8", "int8_float32", "int8_float16", "int8_bfloat16", "int16", "float16", "bfloat16", "float32"
]
"""Without CTranslate2's `auto` and `default`, which choose another one on another machine."""


class AsrConfig(StrictModel):
    """The judge that transcribes turns: Whisper, through faster-whisper."""

    model: str = Field(
        default=EMBEDDED_JUDGE,
        min_length=1,
        description="`whisper-tiny.en` is bundled and judges only English. For other languages, or to judge more "
        "strictly: a faster-whisper size (`small`, `large-v3`) or a Hub id, either with revision, or a folder with a "
        "Whisper model in CTranslate2's format; `none`: no turn is judged by what it says",
    )
    revision: str | None = Field(
        default=None,
        pattern=r"^[0-9a-f]{40}$",
        description="the model's full 40-digit commit on the Hub: a branch could move while a corpus is built",
    )
    device: Literal["cpu", "cuda"] = Field(default="cpu", description="device that the judge runs on")
    compute_type: ComputeType = Field(default="int8", description="CTranslate2's number format; use `float16` on a GPU")
    threads: int = Field(default=1, ge=1, description="threads of one worker's judge, on a CPU")


class GateConfig(StrictModel):
    """The gate for every turn. One that fails is spoken again; if it keeps failing, its dialogue is rejected."""

    asr: AsrConfig = Field(default_factory=AsrConfig)
    max_error_share: float = Field(
        default=0.3,
        ge=0,
        description="share of the text's characters that the judge heard differently (spaces don't count)",
    )
    free_character_errors: int = Field(
        default=3,
        ge=0,
        description="this many are tolerated if a word is right: one misheard word must not fail a turn of three",
    )
    free_ideograph_errors: int = Field(
        default=1, ge=0, description="the same for Chinese and Japanese, where a character is a word or half of one"
    )
    max_repeated_words: int = Field(default=0, ge=0, description="words heard twice in a row that the text has once")
    max_unheard_end_words: int = Field(default=1, ge=0, description="words at the end of the text that were not heard")
    max_clipped_share: float = Field(
        default=0.0005, ge=0, le=1, description="share of the samples stuck at the clip's peak"
    )
    max_silence_s: float = Field(default=1.5, gt=0, description="longest silence within a turn")
    max_silence_share: float = Field(default=0.5, gt=0, le=1, description="share of a turn's time that is silence")
    min_speech_over_floor_db: float = Field(
        default=30.0,
        ge=0,
        description="how far the loud frames must be above the quietest, in dB; less means noise under the voice, if "
        "the quietest are all at one level",
    )
    min_dnsmos: float | None = Field(
        default=None,
        ge=1,
        le=5,
        description="overall DNSMOS P.835, about 3 for clean synthetic speech; null: DNSMOS is not measured",
    )
    attempts_per_voice: int = Field(
        default=2,
        ge=1,
        le=10,
        description="clips of a turn in one voice, each with another seed; an engine that draws nothing makes one",
    )
    voices: int = Field(
        default=2,
        ge=1,
        le=10,
        description="user voices to try, each for all of the user's turns: a speaker never changes within a dialogue",
    )
    keep_rejected_audio: bool = Field(
        default=True, json_schema_extra=RUN_ONLY, description="keep the refused clips of rejected dialogues as FLAC"
    )

    @property
    def judges_words(self) -> bool:
        """Whether turns are judged by what they say."""
        return self.asr.model != NO_JUDGE
