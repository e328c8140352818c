"""A second word-error judge, outside the Whisper family: PocketSphinx with its own trigrams of US English."""

import re

import numpy as np

from manifests.audio import Samples, resample

_RATE = 16_000


class SphinxJudge:
    """Hidden Markov models and the language model that come with PocketSphinx: an open vocabulary, telephone age."""

    def __init__(self) -> None:
        from pocketsphinx import Decoder

        self._decoder = Decoder(loglevel="FATAL", samprate=_RATE)

    def errors(self, said: str, samples: Samples, sample_rate: int) -> tuple[int, int]:
        """Return (word errors, words) of a clip, shape (n,), over the words that the dictionary has."""
        import jiwer

        wanted = [word for word in re.findall(r"[a-z']+", said.lower()) if self._decoder.lookup_word(word)]
        aligned = jiwer.process_words(" ".join(wanted), self._hear(resample(samples, sample_rate, _RATE)))
        return aligned.substitutions + aligned.deletions + aligned.insertions, len(wanted)

    def _hear(self, samples: Samples) -> str:
        quiet = np.zeros(_RATE // 4, np.float32)
        pcm = np.clip(np.concatenate([quiet, samples, quiet]) * 32_767, -32_768, 32_767).astype(np.int16)
        self._decoder.start_utt()
        self._decoder.process_raw(pcm.tobytes(), no_search=False, full_utt=True)
        self._decoder.end_utt()
        best = self._decoder.hyp()
        return re.sub(r"\(\d+\)", "", best.hypstr) if best else ""
