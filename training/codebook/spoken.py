"""The training speech: sentences of the grammar spoken by the project's own voices, one file each, resumable."""

import os
from pathlib import Path
from typing import Protocol

import numpy as np

from manifests.audio import Samples, encode_flac, resample
from manifests.randomness import generator
from stages.weights import ensure
from training.units.sentences import sentence

SAMPLE_RATE = 16_000
PIPER_SHARE = 0.4
"""One voice speaks this share of the sentences; blends of the other engine's voices speak the rest."""


class Voices(Protocol):
    """Something that speaks a sentence in a voice and pace drawn from a generator."""

    def speak(self, text: str, rng: np.random.Generator) -> Samples:
        """Return mono samples at `SAMPLE_RATE`."""
        ...


class PiperVoice:
    """The assistant's voice, with both noise scales at zero so that two runs agree."""

    def __init__(self) -> None:
        from piper import PiperVoice as Engine

        self._engine = Engine.load(ensure("piper-joe") / "en_US-joe-medium.onnx")

    def speak(self, text: str, rng: np.random.Generator) -> Samples:
        """Return the sentence at 0.85 to 1.2 times the usual length."""
        from piper import SynthesisConfig

        config = SynthesisConfig(noise_scale=0.0, noise_w_scale=0.0, length_scale=float(rng.uniform(0.85, 1.2)))
        chunks = list(self._engine.synthesize(text, config))
        samples = np.concatenate([chunk.audio_float_array for chunk in chunks]).astype(np.float32)
        return resample(samples, chunks[0].sample_rate, SAMPLE_RATE)


class KokoroVoices:
    """Random blends of the style vectors of every voice in the bank."""

    def __init__(self) -> None:
        import onnxruntime
        from kokoro_onnx import Kokoro

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(
            ensure("kokoro-82m") / "kokoro-v1.0.int8.onnx", options, providers=["CPUExecutionProvider"]
        )
        bank = ensure("kokoro-voices-ja") / "voices_ja.npz"
        self._engine = Kokoro.from_session(session, str(bank))
        with np.load(bank, allow_pickle=False) as voices:
            self._styles = np.stack([voices[name] for name in sorted(voices.files)])

    def speak(self, text: str, rng: np.random.Generator) -> Samples:
        """Return the sentence in a new blend, at 0.85 to 1.2 times the usual pace."""
        weights = rng.dirichlet(np.full(len(self._styles), 0.4)).astype(np.float32)
        style = np.tensordot(weights, self._styles, axes=1)
        samples, rate = self._engine.create(text, style, speed=float(rng.uniform(0.85, 1.2)), lang="en-us")
        return resample(np.asarray(samples, np.float32), rate, SAMPLE_RATE)


def speak_missing(folder: Path, seed: int, minutes: float) -> list[Path]:
    """Speak sentences into `folder` until it holds `minutes` of speech; return the files in order.

    Sentence i is the same whenever it is made, and files that are there are kept: stop it and start it again.
    """
    import soundfile

    folder.mkdir(parents=True, exist_ok=True)
    piper: PiperVoice | None = None
    kokoro: KokoroVoices | None = None
    files: list[Path] = []
    spoken_s = 0.0
    while spoken_s < minutes * 60:
        file = folder / f"{len(files):06d}.flac"
        if not file.exists():
            rng = generator(seed, "codebook speech", len(files))
            text = sentence(rng)
            voices: Voices
            if rng.random() < PIPER_SHARE:
                voices = piper = piper or PiperVoice()
            else:
                voices = kokoro = kokoro or KokoroVoices()
            partial = file.with_suffix(".partial")
            partial.write_bytes(encode_flac(voices.speak(text, rng), SAMPLE_RATE))
            os.replace(partial, file)
        spoken_s += soundfile.info(file).duration
        files.append(file)
        if len(files) % 20 == 0:
            print(f"speech: {spoken_s / 60:.1f} of {minutes:.0f} min, {len(files)} sentences", flush=True)
    return files
