"""The record of raw answers: it makes a rerun with the same config give the same dialogues."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any, Protocol


class AnswerCache(Protocol):
    """Where raw answers are kept, by key; on a hit no call is made."""

    def get(self, key: str) -> bytes | None:
        """Return the answer kept under the key, or None."""
        ...

    def put(self, key: str, answer: bytes) -> None:
        """Keep the answer under the key."""
        ...


@dataclass(frozen=True)
class Message:
    """One chat message."""

    role: str
    content: str


@dataclass(frozen=True)
class Sampling:
    """How an answer is drawn; `min_p` (llama.cpp, vLLM) is sent when it is set."""

    temperature: float
    top_p: float
    max_tokens: int
    seed: int
    min_p: float | None = None


@dataclass(frozen=True)
class ChatRequest:
    """Everything that decides an answer, except the API key.

    Attributes:
        schema: JSON schema that the answer must follow.
    """

    messages: tuple[Message, ...]
    sampling: Sampling
    schema: dict[str, Any]


def answer_key(endpoint: str, model: str, request: ChatRequest, dialect: dict[str, Any] | None = None) -> str:
    """Return the sha256 (hex) of the canonical JSON of a request.

    Args:
        endpoint: base URL, or ``local:<digest of the weights>``.
        dialect: settings of how it is asked, where they are not the usual ones.
    """
    record = {"endpoint": endpoint, "model": model, **(dialect or {}), **asdict(request)}
    canonical = json.dumps(record, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
