"""An LLM's opinion of the assistant's answers, through any OpenAI-compatible endpoint."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from typing import Any

from manifests.errors import BuildError, RejectedError
from stages.llm.answers import ChatRequest, Message, Sampling
from stages.llm.chat import Chat, Purpose
from stages.llm.config import LlmConfig
from stages.llm.read_answer import read_answer


@dataclass(frozen=True)
class Scale:
    """The question about an answer, and its scale.

    Attributes:
        prompt: for the judge; asks for JSON with `reason` and `score`.
        least, most: the whole numbers that a score may be.
    """

    prompt: str
    least: int
    most: int

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of a verdict."""
        return {
            "type": "object",
            "properties": {
                "reason": {"type": "string", "maxLength": 400},
                "score": {"type": "integer", "minimum": self.least, "maximum": self.most},
            },
            "required": ["reason", "score"],
            "additionalProperties": False,
        }


QUALITY = Scale(
    least=1,
    most=10,
    prompt="""You judge the answers of a voice assistant. You are given a conversation up to the user's last words, \
and the assistant's answer, written down; it may stop in the middle of a sentence, which is no fault by itself.
Say how good the answer is, from 1 to 10:
1: not understandable, or without any relation to what the user said;
4: understandable, but beside the point or wrong;
7: fits what the user said and helps somewhat;
10: fits, is right and complete, and sounds as a person would say it.
Answer in JSON: {"reason": one short sentence, "score": a whole number from 1 to 10}.""",
)

VERDICTS = "verdicts.jsonl"
PURPOSE = Purpose(
    answer="verdict",
    url="--judge",
    model="--judge-model",
    key="--judge-key-env",
    dialect="--judge-answers json_object, or --judge-reasoning",
)
"""What messages about its endpoint name."""
_SAMPLING = Sampling(temperature=0.0, top_p=1.0, max_tokens=2048, seed=0)
"""A verdict needs a tenth of the tokens; a reasoning judge thinks within the same bound."""


@dataclass(frozen=True)
class Answer:
    """An answer to be judged.

    Attributes:
        conversation: role and text of each turn before it, the user's last.
        text: what the assistant says.
    """

    dialogue_id: str
    conversation: tuple[tuple[str, str], ...]
    text: str


@dataclass(frozen=True)
class Verdict:
    """The judge's verdict on an answer; `score` is None if it gave none, and `reason` then says why."""

    answer: Answer
    score: int | None
    reason: str


@dataclass(frozen=True)
class Verdicts:
    """A judge's verdicts on some answers.

    Attributes:
        given: in the order of the answers.
        missing: how many answers have none, and why the endpoint was not asked on; empty where all have one.
    """

    given: list[Verdict]
    missing: str


@dataclass(frozen=True)
class Judged:
    """A summary of all verdicts on one assistant.

    Attributes:
        failed: answers that got no score.
        mean: of the others; None if there are none.
    """

    answers: int
    failed: int
    mean: float | None


def judge(
    config: LlmConfig, answers: Sequence[Answer], advance: Callable[[int], None], scale: Scale = QUALITY
) -> Verdicts:
    """Return a verdict on each answer; those that the endpoint fails to give after retries are counted, not guessed.

    If the endpoint refuses, is down or can't be reached, no more is asked, and earlier verdicts are kept.

    Args:
        config: whom to ask.
        answers: any.
        advance: is told of answers that have a verdict.
        scale: what is asked.
    """
    chat = Chat(config, _Memory(), PURPOSE)

    def verdict(answer: Answer) -> Verdict:
        score: int | None = None
        try:
            score, reason = _parsed(chat.ask(_request(answer, scale)), scale)
        except RejectedError as fault:
            reason = str(fault)
        advance(1)
        return Verdict(answer, score, reason)

    threads = ThreadPoolExecutor(config.concurrency)
    asked = [threads.submit(verdict, answer) for answer in answers]
    try:
        wait(asked, return_when=FIRST_EXCEPTION)
    finally:
        threads.shutdown(cancel_futures=True)  # waits for the calls under way, which are paid for
        chat.close()
    given: list[Verdict] = []
    refusal = ""
    for one in asked:
        if one.cancelled():
            continue
        try:
            given.append(one.result())
        except (BuildError, OSError) as error:
            refusal = refusal or str(error)
    missing = f"{len(answers) - len(given)} of {len(answers)} answers have no verdict: {refusal}" if refusal else ""
    return Verdicts(given, missing)


def judged(verdicts: Sequence[Verdict]) -> Judged:
    """Return the summary of some verdicts."""
    scores = [verdict.score for verdict in verdicts if verdict.score is not None]
    return Judged(len(verdicts), len(verdicts) - len(scores), sum(scores) / len(scores) if scores else None)


def verdict_lines(verdicts: Sequence[Verdict], **beside: str) -> str:
    """Return the verdicts as lines of JSON, each with the given fields added."""
    return "".join(json.dumps({**beside, **asdict(one)}, ensure_ascii=False) + "\n" for one in verdicts)


class _Memory(dict[str, bytes]):
    """Answers of this evaluation: nothing is asked twice."""

    def put(self, key: str, answer: bytes) -> None:
        self[key] = answer


def _request(answer: Answer, scale: Scale) -> ChatRequest:
    lines = [f"{role}: {text}" for role, text in answer.conversation]
    shown = "\n".join(lines)
    asked = f"Conversation:\n{shown}\n\nThe assistant's answer:\n{answer.text or '(nothing)'}"
    return ChatRequest((Message("system", scale.prompt), Message("user", asked)), _SAMPLING, scale.schema)


def _parsed(raw: str, scale: Scale) -> tuple[int, str]:
    try:
        content = read_answer(raw)
        score, reason = content["score"], str(content["reason"])
    except (RejectedError, ValueError, KeyError, TypeError) as error:
        raise RejectedError("unreadable_verdict", raw[:200]) from error
    if not isinstance(score, int) or isinstance(score, bool) or not scale.least <= score <= scale.most:
        wanted = f"not a whole number from {scale.least} to {scale.most}"
        raise RejectedError("score_out_of_range", f"{score!r} is {wanted}")
    return score, reason
