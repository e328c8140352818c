"""The folders of a work, each named by what decides its content: nothing is reused that other settings made."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from stages.llm import local_server
from stages.speech import kokoro
from stages.units.bottleneck import FEATURE_MODEL, UnitsFormat
from stages.units.vocoder import VOICE_WEIGHTS
from stages.weights import digest
from training.units import (
    aligned_speech,
    bottleneck,
    channels,
    codes,
    data,
    features,
    held_out,
    phones,
    sentences,
    speech_parts,
    texts,
    tokenizer_training,
    vocoder_model,
    vocoder_training,
    word_units,
    words,
)

_SAID = (texts, sentences, held_out, aligned_speech, speech_parts)
_HEARD = (channels, data, features)
_TOKENS = (phones, bottleneck, codes, tokenizer_training)
_WORDS = (words, aligned_speech, speech_parts)
_WORD_UNITS = (channels, data, word_units)
_PRIOR = (vocoder_model, vocoder_training)
"""The modules whose constants decide what lies in each folder, beside those of the folder around it."""
_WEIGHTS = (local_server.WEIGHTS, VOICE_WEIGHTS, *kokoro.WEIGHTS)


class Folders(NamedTuple):
    """Where the parts of a work lie, in the order in which they are made.

    Each lies in the one before it, but for `words`, which need none of the others.

    Attributes:
        said: texts and speech.
        heard: features of the channels.
        tokens: the bottleneck's trainings.
        words: speech for the voice alone.
        word_units: what the bottleneck makes of the words; in `tokens`.
        prior: the prior network's training.
    """

    said: Path
    heard: Path
    tokens: Path
    words: Path
    word_units: Path
    prior: Path


def folders(work: Path, seed: int, sentences: int, word_sentences: int, steps: int) -> Folders:
    """Return the folders of a work.

    Args:
        work: holds them all.
        seed: of everything.
        sentences: how many are spoken for both trainings.
        word_sentences: how many more for the voice alone.
        steps: of the prior network.
    """
    weights_digests = [digest(name) for name in _WEIGHTS]
    spoken = work / f"words-{seed}-{word_sentences}-{_key(_WORDS, weights_digests)}"
    said = work / f"seed-{seed}-{sentences}-{_key(_SAID, weights_digests)}"
    heard = said / f"heard-{_key(_HEARD, asdict(tokens_format(0)))}"
    tokens = heard / f"tokens-{_key(_TOKENS, None)}"
    units = tokens / f"{spoken.name}-{_key(_WORD_UNITS, None)}"
    return Folders(said, heard, tokens, spoken, units, units / f"prior-{steps}-{_key(_PRIOR, None)}")


def tokens_format(size: int) -> UnitsFormat:
    """Return the format of a bottleneck of so many units."""
    return UnitsFormat(size, FEATURE_MODEL, digest(FEATURE_MODEL))


def _key(modules: Sequence[ModuleType], more: object) -> str:
    """Return eight hexadecimal digits that change with the modules' constants, imported ones too, and with `more`."""
    constants = {
        module.__name__: {name: value for name, value in vars(module).items() if name.isupper() and _is_plain(value)}
        for module in modules
    }
    written = json.dumps([constants, more], sort_keys=True, default=repr)
    return hashlib.sha256(written.encode()).hexdigest()[:8]


def _is_plain(value: object) -> bool:
    """Tell whether a constant means the same on every machine, as a path does not."""
    return isinstance(value, int | float | str | tuple | dict | re.Pattern)
