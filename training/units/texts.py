"""The sentences that the training speech says: prose of the embedded language model, and the grammar's sentences.

The model brings words and phrases that the grammar lacks; the grammar brings numbers, names and short replies that the
model seldom writes well; words of the prose in a drawn order bring sounds next to each other that seldom meet.
"""

import json
import re
from collections.abc import Callable, Iterator
from itertools import filterfalse, islice
from pathlib import Path

import numpy as np

from manifests.randomness import generator
from stages.llm.local_server import LocalServer, direct_transport
from training.units.held_out import is_held_out
from training.units.log import Log
from training.units.sentences import expand, sentence

PROSE_SHARE = 0.3
GRAMMAR_SHARE = 0.3
"""The rest are words of the prose in a drawn order."""
WORDS = (3, 20)
"""Fewest and most words of a sentence of prose."""
_PLAIN = re.compile(r"[A-Z][A-Za-z',;-]*( [A-Za-z',;-]+)*[.?!]")
"""What is spoken as it is written: no digits, no abbreviations, no markup."""
_LONGEST_WORD = 16
_REQUESTS = (
    "Write a phone call between two friends about {} and {}. Use short sentences.",
    "Two neighbours talk about {} and {}. Write what they say.",
    "Tell me a short story about {} who is {}.",
    "Explain to a friend, in plain spoken words, why {} matters and how {} works.",
    "Someone complains about {}. Write what they say, and how a helpful assistant answers about {}.",
    "Describe {} and {} to a child, in simple sentences.",
)
_TOPICS = ("hobby", "food", "thing", "place", "task", "person")


def write_texts(file: Path, seed: int, count: int, threads: int, log: Log) -> list[str]:
    """Return `count` sentences, none of them held out, from a file of one JSON string a line; what is there is kept.

    Args:
        file: grows by an answer of the model at a time, so that a stopped run goes on where it was.
        seed: of the requests, the answers and the grammar.
        count: how many sentences.
        threads: of the language model.
        log: gets the seconds that the language model took.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    answers = [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []
    wanted = round(count * PROSE_SHARE)
    if len(_different(answers)) < wanted:
        with log.timed("texts"), LocalServer(threads) as server, file.open("a", encoding="utf-8") as lines:
            while len(_different(answers)) < wanted:
                answers.append(_ask(server.base_url, seed, len(answers)))
                lines.write(json.dumps(answers[-1]) + "\n")
                lines.flush()
                print(f"texts: {len(_different(answers))} of {wanted} sentences of prose", flush=True)
    return list(_mixed(_different(answers)[:wanted], seed, count))


def _different(answers: list[str]) -> list[str]:
    return list(dict.fromkeys(text for answer in answers for text in _sentences(answer)))


def _mixed(prose: list[str], seed: int, count: int) -> Iterator[str]:
    """Yield `count` sentences: prose, the grammar's and drawn words, in a drawn order."""
    rng = generator(seed, "units sentences")
    words = sorted({word.strip("',;.?!-") for text in prose for word in text.split()} - {""})
    grammar = round(count * GRAMMAR_SHARE)
    drawn = _drawn(lambda: " ".join(rng.choice(words, int(rng.integers(4, 11)))) + ".", count - len(prose) - grammar)
    sentences = [*prose, *_drawn(lambda: sentence(rng), grammar), *drawn]
    for index in rng.permutation(len(sentences)):
        yield sentences[index]


def _drawn(draw: Callable[[], str], count: int) -> list[str]:
    """Return the first `count` of what is drawn, without what is held out."""
    return list(islice(filterfalse(is_held_out, iter(draw, "")), count))


def _sentences(answer: str) -> Iterator[str]:
    for raw in re.split(r"(?<=[.?!])\s+|\n+", answer):
        text = re.sub(r"^[\"'*\- ]*([A-Z][a-z]+: )?[\"']?|[\"'* ]*$", "", raw).replace("’", "'")
        words = text.split()
        fits = WORDS[0] <= len(words) <= WORDS[1] and max(map(len, words)) <= _LONGEST_WORD
        if fits and _PLAIN.fullmatch(text) and not is_held_out(text):
            yield text


def _ask(base_url: str, seed: int, index: int) -> str:
    import openai

    rng = generator(seed, "units texts", index)
    topics = [expand(_TOPICS[int(rng.integers(len(_TOPICS)))], rng) for _ in range(2)]
    request = _REQUESTS[int(rng.integers(len(_REQUESTS)))].format(*topics)
    client = openai.OpenAI(base_url=base_url, api_key="none", timeout=300, http_client=direct_transport())
    answer = client.chat.completions.create(
        model="local",
        messages=[{"role": "user", "content": request}],
        temperature=0.9,
        top_p=0.95,
        frequency_penalty=0.4,
        max_tokens=400,
        seed=int(np.uint32(seed * 1000 + index)),
    )
    return answer.choices[0].message.content or ""
