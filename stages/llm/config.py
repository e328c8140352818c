"""Which language model is asked, and how."""

from typing import Literal, Self

from pydantic import Field, model_validator

from manifests.addresses import EndpointAddress
from manifests.key_variable import KeyVariable
from manifests.names import AnswerFormat
from manifests.strict_model import RUN_ONLY, StrictModel

EMBEDDED_MODEL = "SmolLM2-135M-Instruct"


class LlmConfig(StrictModel):
    """A language model: the embedded one, or any OpenAI-compatible endpoint."""

    provider: Literal["local", "openai"] = Field(
        default="local", description="local: SmolLM2 inside the worker; openai: the endpoint at base_url."
    )
    model: str = Field(
        default=EMBEDDED_MODEL, min_length=1, description="Model name sent to the endpoint; openai only."
    )
    base_url: EndpointAddress | None = Field(
        default=None, description="Endpoint, for example https://host/v1; openai only."
    )
    api_key_env: KeyVariable | None = Field(
        json_schema_extra=RUN_ONLY,
        default=None,
        description="Environment variable that holds the API key; null for a keyless endpoint.",
    )
    timeout_s: float = Field(
        json_schema_extra=RUN_ONLY, default=120.0, gt=0, description="Seconds to wait for one answer."
    )
    max_retries: int = Field(
        json_schema_extra=RUN_ONLY,
        default=5,
        ge=0,
        le=20,
        description="Retries of a call on 429, 5xx and timeouts, with backoff.",
    )
    concurrency: int = Field(
        json_schema_extra=RUN_ONLY, default=8, ge=1, le=512, description="Calls in flight per worker; openai only."
    )
    answers: AnswerFormat = Field(
        default="json_schema",
        description="How JSON is requested: json_schema sends a schema; json_object, or text for endpoints that "
        "support neither, puts the schema into the prompt; openai only.",
    )
    reasoning: bool = Field(
        default=False,
        description="The model thinks before it answers: max_tokens, which then limits its thoughts too, is sent as "
        "max_completion_tokens, and temperature, top_p and seed are omitted; openai only.",
    )
    threads: int = Field(default=1, ge=1, le=64, description="CPU threads of the embedded model; local only.")

    @property
    def dialect(self) -> dict[str, object]:
        """How the model is asked, where that is not as usual: a part of what decides its answers."""
        unusual = {"answers": self.answers != "json_schema", "reasoning": self.reasoning}
        return {name: getattr(self, name) for name, given in unusual.items() if given}

    @model_validator(mode="after")
    def _endpoint_agrees(self) -> Self:
        if self.provider == "openai" and not self.base_url:
            raise ValueError("base_url is missing; provider openai needs one, for example https://host/v1")
        if self.provider == "local" and self.base_url:
            raise ValueError(f"base_url is {self.base_url!r}, but provider local has no endpoint; set provider: openai")
        if self.provider == "local" and self.dialect:
            raise ValueError(f"{', '.join(self.dialect)}: not available with provider local; set provider: openai")
        if self.provider == "local" and self.model != EMBEDDED_MODEL:
            raise ValueError(f"model is {self.model!r}, but provider local has only {EMBEDDED_MODEL}; leave model out")
        if self.provider == "openai" and "model" not in self.model_fields_set:
            raise ValueError("model is missing; provider openai needs the endpoint's name for it")
        return self
