"""Asking the LLM that `evaluate --judge` names; imported when that command runs."""

from pydantic import ValidationError

from manifests.errors import BuildError
from manifests.names import AnswerFormat
from manifests.problems import describe_problems
from stages.llm.chat import api_key
from stages.llm.config import LlmConfig
from training.evaluation.judge import PURPOSE


def judge_config(
    url: str, model: str, key_env: str | None, answers: AnswerFormat = "json_schema", reasoning: bool = False
) -> LlmConfig:
    """Return how to ask a judge.

    Raises:
        BuildError: no model is named, the address is invalid, or the key's variable is empty.
    """
    if not model:
        raise BuildError("--judge needs --judge-model, the name of the model there")
    try:
        config = LlmConfig(
            provider="openai", base_url=url, model=model, api_key_env=key_env, answers=answers, reasoning=reasoning
        )
    except ValidationError as error:
        raise BuildError(f"--judge:\n{describe_problems(error, LlmConfig)}") from error
    api_key(config, PURPOSE)
    return config
