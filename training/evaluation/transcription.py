"""The model as a recogniser: a held-out turn's units in, its text out, compared with what was said."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from transformers import Qwen2ForCausalLM

from manifests.randomness import generator
from manifests.records import TokenRow
from stages.speech.gate.word_error import HeardError, heard_error
from stages.streams import TextTokenizer, unflatten_alignment
from stages.streams.vocabulary import EOS, SOT
from training.duplex.token_map import TokenMap
from training.loop.completion import complete
from training.loop.sampling import Sampling

TOKENS_PER_S = 8
"""Text that is longer than fast speech could be is stopped."""
SPARE_TOKENS = 16

GREEDY = Sampling(temperature=0)


@dataclass(frozen=True)
class ErrorRates:
    """Error rates over some turns, on normalised text.

    Attributes:
        turns: how many.
        wer: word errors over words; None in languages written without spaces.
        cer: character errors over characters, without spaces.
    """

    turns: int
    wer: float | None
    cer: float | None


@dataclass(frozen=True)
class AlignmentTurn:
    """A held-out turn as `alignment` has it, and the language it is in."""

    row: TokenRow
    language: str


def error_rates(errors: Sequence[HeardError]) -> ErrorRates:
    """Return the rates over turns."""
    words, characters = sum(one.words for one in errors), sum(one.characters for one in errors)
    return ErrorRates(
        turns=len(errors),
        wer=sum(one.word_errors for one in errors) / words if words else None,
        cer=sum(one.character_errors for one in errors) / characters if characters else None,
    )


def transcribe(
    model: Qwen2ForCausalLM,
    tokens: TokenMap,
    text: TextTokenizer,
    turns: Sequence[AlignmentTurn],
    advance: Callable[[int], None],
) -> ErrorRates:
    """Let the model transcribe turns, taking the likeliest token each time, and return its errors.

    Words that the model's vocabulary lacks are errors.

    Args:
        model: in evaluation mode.
        tokens: its ids.
        text: the corpus's text tokenizer.
        turns: of task `asr`.
        advance: is told of turns that are done.
    """
    vocabulary = tokens.vocabulary
    prompts, limits, said = [], [], []
    for turn in turns:
        ids = turn.row.input_ids
        spoken = unflatten_alignment(ids, vocabulary)
        prompts.append(ids[: int(np.flatnonzero(ids == vocabulary.special(EOS))[0]) + 1])
        limits.append(round(len(spoken.units) / vocabulary.rate_hz * TOKENS_PER_S) + SPARE_TOKENS)
        said.append(text.decode(spoken.text))
    rngs = [generator(0, "transcribe", place) for place in range(len(prompts))]
    written = complete(model, tokens, prompts, SOT, limits, GREEDY, rngs, advance)
    return error_rates(
        [
            heard_error(wanted, text.decode(ids.tolist()), turn.language)
            for wanted, ids, turn in zip(said, written, turns, strict=True)
        ]
    )
