"""The config of speech: who speaks, with which engine, and what counts as a good turn."""

from typing import Self

from pydantic import Field, model_validator

from manifests.strict_model import StrictModel
from stages.speech.casting_config import CastingConfig
from stages.speech.engine_config import AssistantVoice, KokoroUsers, PiperAssistant, UserVoices
from stages.speech.gate.config import GateConfig


class VadConfig(StrictModel):
    """How speech is distinguished from silence (silero VAD)."""

    threshold: float = Field(
        default=0.5, gt=0.05, lt=1, description="probability at or above which a frame counts as speech"
    )
    min_speech_s: float = Field(default=0.1, ge=0, le=2, description="a turn with less speech is spoken again")


class TurnLimits(StrictModel):
    """Limits of a turn's speech; beyond them, it is spoken again. Paces apply at speed 1, and scale with the speed."""

    min_s: float = Field(default=0.15, ge=0, description="minimum length of a turn's speech")
    max_s: float = Field(default=40.0, gt=0, description="maximum length of a turn's speech")
    max_characters_per_s: float = Field(
        default=30.0, gt=0, description="faster speech has dropped words (English is spoken at 12-18)"
    )
    min_characters_per_s: float = Field(default=3.0, gt=0, description="slower speech has loops or long gaps")
    min_ideographs_per_s: float = Field(
        default=1.5, gt=0, description="the same for Chinese characters (Kokoro speaks 2.8-4, people 4-5)"
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
    """Who speaks, with which engine, at what level, and what counts as a good turn."""

    sample_rate: int = Field(default=16000, ge=8000, le=48000, description="the corpus's sample rate, in Hz")
    assistant: AssistantVoice = Field(
        default_factory=lambda: PiperAssistant(engine="piper"), description="the one voice of the whole corpus"
    )
    user: UserVoices = Field(
        default_factory=lambda: KokoroUsers(engine="kokoro", blends=12),
        description="a pool of voices, one per dialogue, each used equally often",
    )
    casting: CastingConfig = Field(default_factory=CastingConfig)
    level_dbfs: float = Field(
        default=-26.0, ge=-40, le=-12, description="RMS to which every turn's active speech is set"
    )
    vad: VadConfig = Field(default_factory=VadConfig)
    limits: TurnLimits = Field(default_factory=TurnLimits)
    gate: GateConfig = Field(default_factory=GateConfig, description="limits that a turn's speech must also meet")
