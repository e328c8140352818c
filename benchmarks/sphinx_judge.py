"""A second word-error judge, outside the Whisper family: PocketSphinx with a grammar of the benchmark's own words."""

import re
from collections.abc import Iterable

import numpy as np

from manifests.audio import Samples, resample

_RATE = 16_000


def words_of(text: str) -> list[str]:
    """Return the words as PocketSphinx's dictionary writes them."""
    return re.findall(r"[a-z']+", text.lower())


class SphinxJudge:
    """Hidden Markov models of CMU Sphinx's US English, any sequence of the words of some texts.

    Args:
        texts: whose words may be heard, in any order and number. Words that the dictionary lacks are left out.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        from pocketsphinx import Decoder

        self._decoder = Decoder(lm=None, loglevel="FATAL", samprate=_RATE)
        words = sorted({word for text in texts for word in words_of(text)})
        self._known = frozenset(word for word in words if self._decoder.lookup_word(word))
        loop = " | ".join(sorted(self._known))
        self._decoder.add_jsgf_string("words", f"#JSGF V1.0; grammar words; public <said> = ( {loop} )+;")
        self._decoder.activate_search("words")

    def errors(self, said: str, samples: Samples, sample_rate: int) -> tuple[int, int]:
        """Return (word errors, words) of a clip, shape (n,), over the words that the dictionary has."""
        import jiwer

        wanted = [word for word in words_of(said) if word in self._known]
        heard = re.sub(r"\(\d+\)", "", self._hear(resample(samples, sample_rate, _RATE)))
        aligned = jiwer.process_words(" ".join(wanted), heard)
        return aligned.substitutions + aligned.deletions + aligned.insertions, len(wanted)

    def _hear(self, samples: Samples) -> str:
        quiet = np.zeros(_RATE // 4, np.float32)
        pcm = np.clip(np.concatenate([quiet, samples, quiet]) * 32_767, -32_768, 32_767).astype(np.int16)
        self._decoder.start_utt()
        self._decoder.process_raw(pcm.tobytes(), no_search=False, full_utt=True)
        self._decoder.end_utt()
        best = self._decoder.hyp()
        return best.hypstr if best else ""
