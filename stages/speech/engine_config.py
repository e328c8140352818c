"""The config of the engines that speak: one settings model each, for one assistant and many users."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from manifests.addresses import EndpointAddress
from manifests.key_variable import KeyVariable
from manifests.strict_model import RUN_ONLY, StrictModel

Names = Annotated[tuple[str, ...], Field(strict=False, min_length=1)]
"""A YAML list of names; only the list itself is converted, its items stay strict."""


class PiperSettings(StrictModel):
    """Piper voices: VITS graphs with one speaker or several."""

    engine: Literal["piper"]
    threads: int = Field(default=1, ge=1, description="threads of one worker's graph")
    noise_scale: float = Field(default=0.667, ge=0, le=2, description="spread of the latent; 0 flattens the voice")
    noise_w: float = Field(default=0.8, ge=0, le=2, description="spread of the phone durations; 0 makes them even")
    length_scale: float = Field(default=1.0, gt=0.3, lt=3, description="above 1 is slower")


class PiperAssistant(PiperSettings):
    """The assistant's one Piper voice."""

    voice: str = Field(
        default="joe",
        min_length=1,
        description="`joe`, or a path to a voice's .onnx file, the same on every node; PATH#12 is speaker 12 of a "
        "multi-speaker file",
    )


class PiperUsers(PiperSettings):
    """A pool of Piper voices for the users."""

    voices: Names = Field(
        default=("joe",),
        description="`joe`, or paths to voices' .onnx files, the same on every node; PATH#12 is speaker 12 of a "
        "multi-speaker file",
    )


class KokoroSettings(StrictModel):
    """Kokoro-82M: one graph and a style table per voice; weighted blends of the tables are new voices."""

    engine: Literal["kokoro"]
    threads: int = Field(default=1, ge=1, description="threads of one worker's graph")
    voices_file: str | None = Field(
        default=None,
        min_length=1,
        description="an .npz of style tables of shape (510, 1, 256), such as Kokoro's own voices-v1.0.bin, the same on "
        "every node; its voices replace the embedded five. For Mandarin, use its zf_* and zm_* voices",
    )
    blends: int = Field(
        default=0, ge=0, le=200, description="how many voices `blend-01`, `blend-02` ... to add to the pool's own"
    )
    speed_spread: float = Field(
        default=0.08, ge=0, le=0.3, description="each voice's own pace is drawn from 1 ± this; 0: one pace for all"
    )


class KokoroAssistant(KokoroSettings):
    """The assistant's one Kokoro voice."""

    voice: str = Field(default="jf_alpha", min_length=1, description="a voice from the pool, or a blend")


class KokoroUsers(KokoroSettings):
    """A pool of Kokoro voices for the users."""

    voices: Literal["all"] | Names = Field(
        default="all", description="`all`, or names of voices from the pool or of blends"
    )


class ServerSettings(StrictModel):
    """Settings of every engine behind HTTP."""

    base_url: EndpointAddress = Field(description="the server's address, without credentials")
    api_key_env: KeyVariable | None = Field(
        json_schema_extra=RUN_ONLY,
        default=None,
        description="environment variable that holds the key; if not set here, no key is sent",
    )
    timeout_s: float = Field(
        json_schema_extra=RUN_ONLY, default=60.0, gt=0, description="seconds to wait for a server that sends nothing"
    )
    deadline_s: float = Field(
        json_schema_extra=RUN_ONLY, default=600.0, gt=0, description="seconds to wait for a complete answer"
    )
    retries: int = Field(
        json_schema_extra=RUN_ONLY,
        default=3,
        ge=0,
        le=20,
        description="retries after 5xx, timeouts, lost connections and truncated answers, with exponential backoff; an "
        "outage is waited out in addition",
    )
    concurrency: int = Field(
        json_schema_extra=RUN_ONLY, default=8, ge=1, le=512, description="calls in flight per worker"
    )


class EndpointSettings(ServerSettings):
    """Any server with the OpenAI route `/v1/audio/speech`."""

    engine: Literal["openai"]
    base_url: EndpointAddress = Field(
        default="https://api.openai.com/v1",
        description="the server's address up to and including /v1, without credentials",
    )
    model: str = Field(min_length=1, description="the model's name on the server")
    response_format: Literal["wav", "flac"] = Field(default="wav", description="the audio format to request")


class EndpointAssistant(EndpointSettings):
    """The assistant's one voice on a server."""

    voice: str = Field(min_length=1, description="the voice's name on the server")


class EndpointUsers(EndpointSettings):
    """A pool of a server's voices for the users."""

    voices: Names = Field(description="the voices' names on the server")


class CosyVoiceSettings(ServerSettings):
    """CosyVoice's own server, `runtime/python/fastapi/server.py`."""

    engine: Literal["cosyvoice"]
    base_url: EndpointAddress = Field(
        default="http://localhost:50000", description="the server's address, without a path or credentials"
    )
    model: str = Field(min_length=1, description="the model that the server was started with, for the dataset card")
    sample_rate: int = Field(
        ge=16000,
        le=48000,
        description="sample rate of the answers, in Hz, which they don't state: 22050 for CosyVoice-300M, 24000 for "
        "CosyVoice2 and 3",
    )
    prompts: str | None = Field(
        default=None,
        min_length=1,
        description="a bank of prompt voices: a folder, a .jsonl or a .tsv, the same on every node. With it, voices "
        "are the bank's speakers (zero-shot); without it, the model's own (sft)",
    )
    prompt_prefix: str = Field(
        default="",
        description="prepended to every prompt's transcript; CosyVoice3 needs "
        "'You are a helpful assistant.<|endofprompt|>'",
    )
    sends_speed: bool = Field(
        default=False,
        description="send the form field `speed`, for servers that read it; CosyVoice's own server.py doesn't",
    )


class CosyVoiceAssistant(CosyVoiceSettings):
    """The assistant's one voice on a CosyVoice server."""

    voice: str = Field(min_length=1, description="a speaker of the model, or of the bank")


class CosyVoiceUsers(CosyVoiceSettings):
    """A pool of a CosyVoice server's voices for the users."""

    voices: Literal["all"] | Names = Field(
        default="all", description="`all` (the whole bank), or names of speakers of the bank or the model"
    )

    @model_validator(mode="after")
    def _voices_are_known(self) -> Self:
        if self.prompts is None and self.voices == "all":
            raise ValueError(
                "voices 'all' needs a bank of prompts, because the server doesn't list its model's speakers; "
                "set `prompts`, or name speakers of the model"
            )
        return self


AssistantVoice = Annotated[
    PiperAssistant | KokoroAssistant | EndpointAssistant | CosyVoiceAssistant, Field(discriminator="engine")
]
UserVoices = Annotated[PiperUsers | KokoroUsers | EndpointUsers | CosyVoiceUsers, Field(discriminator="engine")]
