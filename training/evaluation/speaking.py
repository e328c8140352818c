"""The model as a voice: a held-out turn's text in, units out, spoken by the vocoder, transcribed by a recogniser."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from transformers import Qwen2ForCausalLM

from manifests.randomness import generator
from stages.speech.gate.config import AsrConfig
from stages.speech.gate.whisper_judge import WhisperJudge
from stages.speech.gate.word_error import HeardError, heard_error
from stages.streams import TextTokenizer, unflatten_alignment
from stages.streams.vocabulary import EOT, SOS, Ids
from stages.units import Vocoder
from training.duplex.token_map import TokenMap
from training.evaluation.transcription import AlignmentTurn, ErrorRates, error_rates
from training.loop.completion import complete
from training.loop.sampling import Sampling

TEXT_TOKEN_S = 1.0
"""Speech that is longer than this by the token of its text is stopped."""
SPARE_S = 2.0


@dataclass(frozen=True)
class SpeakingErrors:
    """A recogniser's errors on the vocoder's speech.

    Attributes:
        model: of the units that the model makes from text.
        corpus: of the corpus's own units of the same turns: what vocoder and recogniser lose.
    """

    model: ErrorRates
    corpus: ErrorRates


def speak(
    model: Qwen2ForCausalLM,
    tokens: TokenMap,
    text: TextTokenizer,
    vocoder: Vocoder,
    turns: Sequence[AlignmentTurn],
    sampling: Sampling,
    seed: int,
    advance: Callable[[int], None],
) -> SpeakingErrors:
    """Let the model speak turns, and return the recogniser's errors on them and on the corpus's own units.

    Args:
        model: in evaluation mode.
        tokens: its ids.
        text: the corpus's text tokenizer.
        vocoder: of the corpus's units.
        turns: of task `tts`, in a language that the recogniser knows.
        sampling: how units are drawn: the likeliest each time gets stuck.
        seed: of the draws.
        advance: is told of turns that are done.

    Raises:
        BuildError: the recogniser's weights are not available.
    """
    vocabulary = tokens.vocabulary
    judge = WhisperJudge(AsrConfig())
    spoken = [unflatten_alignment(turn.row.input_ids, vocabulary) for turn in turns]
    prompts = [
        turn.row.input_ids[: int(np.flatnonzero(turn.row.input_ids == vocabulary.special(EOT))[0]) + 1]
        for turn in turns
    ]
    limits = [round((len(one.text) * TEXT_TOKEN_S + SPARE_S) * vocabulary.rate_hz) for one in spoken]
    rngs = [generator(seed, "speak", place) for place in range(len(prompts))]
    made = complete(model, tokens, prompts, SOS, limits, sampling, rngs, lambda _: None)

    def errors(units: Ids, wanted: str, language: str) -> HeardError:
        sound = vocoder.decode(units)
        heard = judge.hear(sound, vocoder.sample_rate, language, full_window=True).text if len(sound) else ""
        return heard_error(wanted, heard, language)

    of_model: list[HeardError] = []
    of_corpus: list[HeardError] = []
    for turn, one, ids in zip(turns, spoken, made, strict=True):
        wanted = text.decode(one.text)
        of_model.append(errors(ids - np.int32(vocabulary.unit_offset), wanted, turn.language))
        of_corpus.append(errors(np.array(one.units, np.int32), wanted, turn.language))
        advance(1)
    return SpeakingErrors(error_rates(of_model), error_rates(of_corpus))
