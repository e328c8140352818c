"""What units preserve of a channel, made audible: tokenized like the corpus, then resynthesised by the vocoder."""

from collections.abc import Callable

import numpy as np

from manifests.audio import Samples, resample
from stages.units import SpeechTokenizerConfig, open_speech_tokenizer, open_vocoder


def speak_again(config: SpeechTokenizerConfig) -> Callable[[Samples, int], Samples] | None:
    """Return a function from a channel, shape (n,), and its rate to the same speech in the assistant's voice.

    Returns:
        None if there is no vocoder for the tokenizer's units; nothing is fetched then.

    Raises:
        BuildError: a package or weights are unavailable.
    """
    vocoder = open_vocoder(config)
    if vocoder is None:
        return None
    tokenizer = open_speech_tokenizer(config)

    def speak(samples: Samples, sample_rate: int) -> Samples:
        voice = resample(vocoder.decode(tokenizer.encode(samples, sample_rate)), vocoder.sample_rate, sample_rate)
        return np.pad(voice, (0, max(0, len(samples) - len(voice))))[: len(samples)]

    return speak
