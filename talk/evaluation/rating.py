"""An LLM's ratings of the answers to interruptions, on Full-Duplex-Bench's scale."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from stages.llm.config import LlmConfig
from training.evaluation.judge import VERDICTS, Answer, Scale, Verdicts, judge, verdict_lines
from training.evaluation.progress import part

RELEVANCE = Scale(
    least=0,
    most=5,
    prompt="""You judge a voice assistant that was interrupted. You are given what the user said first, the words with \
which the user then broke into the assistant's answer, and what the assistant said after that, written down by a \
recogniser; it may stop in the middle of a sentence, which is no fault by itself.
Say how well what the assistant said belongs to the interruption, from 0 to 5:
0: it has nothing to do with it;
1: hardly anything;
2: it touches it, without taking it up;
3: it takes it up;
4: it takes it up well;
5: it is just what the interruption asks for.
Answer in JSON: {"reason": one short sentence, "score": a whole number from 0 to 5}.""",
)
"""The benchmark has answers to interruptions rated on this scale; the words are this project's."""


def rate(console: Console, answers: Sequence[Answer], config: LlmConfig, out: Path) -> Verdicts:
    """Return the verdicts on answers, and write each one to `out`."""
    with part(console, "verdicts on answers to interruptions", len(answers), "answers") as (advance, _):
        verdicts = judge(config, answers, advance, RELEVANCE)
    if verdicts.given:
        (out / VERDICTS).write_text(verdict_lines(verdicts.given), encoding="utf-8")
    return verdicts
