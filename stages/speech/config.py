"""What a person may say about speech: who speaks, with which engine, and what counts as a good turn."""

from typing import Self

from pydantic import Field, model_validator

from manifests.strict_model import StrictModel
from stages.speech.casting_config import CastingConfig
from stages.speech.engine_config import AssistantVoice, KokoroUsers, PiperAssistant, UserVoices
from stages.speech.gate.config import GateConfig


class VadConfig(StrictModel):
    """How speech is told from silence (silero VAD)."""

    threshold: float = Field(default=0.5, gt=0.05, lt=1, description="speech probability that counts as speech")
    min_speech_s: float = Field(default=0.1, ge=0, le=2, description="a turn with less speech is made again")


class TurnLimits(StrictModel):
    """How long a turn's speech may be, or it is made again; paces are at speed 1, and go with a dialogue's."""

    min_s: float = Field(default=0.15, ge=0, description="shortest speech of a turn")
    max_s: float = Field(default=40.0, gt=0, description="longest speech of a turn")
    max_characters_per_s: float = Field(
        default=30.0, gt=0, description="faster speech has dropped words (English is spoken at 12-18)"
    )
    min_characters_per_s: float = Field(default=3.0, gt=0, description="slower speech has loops or long gaps")
    min_ideographs_per_s: float = Field(
        default=1.5, gt=0, description="the same for Chinese characters (Kokoro says 2.8-4, people 4-5)"
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min_s >= self.max_s:
            raise ValueError(f"min_s {self.min_s:g} is not below max_s {self.max_s:g}")
        for slowest in ("min_characters_per_s", "min_ideographs_per_s"):
            if getattr(self, slowest) >= self.max_characters_per_s:
                raise ValueError(
                    f"{slowest} {getattr(self, slowest):g} is not below "
                    f"max_characters_per_s {self.max_characters_per_s:g}"
                )
        return self


class SpeechConfig(StrictModel):
    """The `speech` section: two casts, one level, one gate."""

    sample_rate: int = Field(default=16000, ge=8000, le=48000, description="of the corpus, in Hz")
    assistant: AssistantVoice = Field(
        default_factory=lambda: PiperAssistant(engine="piper"), description="one voice for the whole corpus"
    )
    user: UserVoices = Field(
        default_factory=lambda: KokoroUsers(engine="kokoro", blends=12),
        description="a voice of these per dialogue, each used equally often",
    )
    casting: CastingConfig = Field(default_factory=CastingConfig)
    level_dbfs: float = Field(
        default=-26.0, ge=-40, le=-12, description="RMS that every turn's active speech is brought to"
    )
    vad: VadConfig = Field(default_factory=VadConfig)
    limits: TurnLimits = Field(default_factory=TurnLimits)
    gate: GateConfig = Field(default_factory=GateConfig, description="what else a turn's speech must keep to")
