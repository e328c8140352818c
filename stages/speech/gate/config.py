"""What a person may say about the gate that every turn passes: its bars, its judges, how often a turn is made again."""

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
    """The judge that writes down what a turn says: Whisper, through faster-whisper."""

    model: str = Field(
        default=EMBEDDED_JUDGE,
        min_length=1,
        description="`whisper-tiny.en` comes along and judges English alone; for other languages, or to judge more "
        "strictly, a size that faster-whisper knows (`small`, `large-v3`) or a Hub id, either with revision, or a "
        "folder with a Whisper model in CTranslate2's format; `none`: no turn is judged by what it says",
    )
    revision: str | None = Field(
        default=None,
        pattern=r"^[0-9a-f]{40}$",
        description="the model's commit on the Hub, all 40 digits: a branch could move while a corpus is made",
    )
    device: Literal["cpu", "cuda"] = Field(default="cpu", description="where the judge runs")
    compute_type: ComputeType = Field(default="int8", description="CTranslate2's number format; `float16` on a GPU")
    threads: int = Field(default=1, ge=1, description="of one worker's judge, on a CPU")


class GateConfig(StrictModel):
    """The `speech.gate` section. A turn that fails is made again; a dialogue whose turn keeps failing is rejected."""

    asr: AsrConfig = Field(default_factory=AsrConfig)
    max_error_share: float = Field(
        default=0.3,
        ge=0,
        description="characters that the judge heard otherwise, over those of the text (spaces do not count)",
    )
    free_character_errors: int = Field(
        default=3,
        ge=0,
        description="so many are not too many while one word is right: one misheard word must not fail a turn of three",
    )
    free_ideograph_errors: int = Field(
        default=1, ge=0, description="the same for Chinese and Japanese, where a character is a word or half of one"
    )
    max_repeated_words: int = Field(default=0, ge=0, description="words heard twice running that stand there once")
    max_unheard_end_words: int = Field(default=1, ge=0, description="last words of the text that were not heard")
    max_clipped_share: float = Field(
        default=0.0005, ge=0, le=1, description="samples that stay at the clip's peak, over all"
    )
    max_silence_s: float = Field(default=1.5, gt=0, description="longest silence inside a turn")
    max_silence_share: float = Field(default=0.5, gt=0, le=1, description="silence inside a turn, over its time")
    min_speech_over_floor_db: float = Field(
        default=30.0,
        ge=0,
        description="loud frames over the quietest ones; less is noise under the voice, if the quietest are all "
        "of one level",
    )
    min_dnsmos: float | None = Field(
        default=None,
        ge=1,
        le=5,
        description="overall DNSMOS P.835, about 3 for clean synthetic speech; none: DNSMOS is not measured",
    )
    attempts_per_voice: int = Field(
        default=2,
        ge=1,
        le=10,
        description="clips of a turn in one voice, each of another seed; an engine that draws nothing makes one",
    )
    voices: int = Field(
        default=2,
        ge=1,
        le=10,
        description="user voices tried, each for all of the user's turns: a speaker never changes inside a dialogue",
    )
    keep_rejected_audio: bool = Field(
        default=True, json_schema_extra=RUN_ONLY, description="keep the refused clips of rejected dialogues as FLAC"
    )

    @property
    def judges_words(self) -> bool:
        """Whether turns are judged by what they say."""
        return self.asr.model != NO_JUDGE
