"""Speech with its phones' times for free: both embedded engines know how long they make every phone.

One sentence is phonemised once (espeak's IPA) and spoken by Piper's joe and by Kokoro from the same symbols. Piper's
graph tells the frames of every symbol and the mean and spread of its VITS prior; Kokoro's tells the frames of every
symbol. So Kokoro's speech is aligned with joe's prior, symbol by symbol, and a vocoder can learn to speak in joe's
voice what other voices said.
"""

from dataclasses import dataclass

import numpy as np

from manifests.audio import Samples, resample
from stages.onnx_sessions import open_session
from stages.speech.engine_config import PiperAssistant
from stages.speech.kokoro import WEIGHTS as KOKORO_WEIGHTS
from stages.speech.piper import voice_file
from stages.speech.piper_graph import with_noise_inputs
from stages.weights import ensure

SAMPLE_RATE = 16_000
PIPER_FRAME_S = 256 / 22_050
KOKORO_FRAME_S = 600 / 24_000
LENGTH_SCALE = (0.85, 1.25)
HELD_OUT_VOICE = "jf_nezumi"
"""A voice of Kokoro's pool that no training speech uses, so that figures on it are figures on an unseen voice."""

PIPER_FRAMES = "/Ceil_output_0"
PIPER_MEAN = "/Transpose_2_output_0"
KOKORO_FRAMES = "/encoder/Clip_output_0"

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


@dataclass(frozen=True)
class Take:
    """One voice's speech of a sentence.

    Attributes:
        samples: shape (n,), at `SAMPLE_RATE`.
        seconds: shape (symbols + 2,), how long the start mark, each symbol and the end mark last.
    """

    samples: Samples
    seconds: Floats


@dataclass(frozen=True)
class AlignedSentence:
    """A sentence's symbols, its takes, and joe's prior.

    Attributes:
        symbols: IPA symbols as espeak writes them: phones, stress and length marks, spaces and punctuation.
        joe: the assistant voice's take.
        kokoro: another voice's take of the same symbols, where there is one.
        prior_mean: shape (symbols + 2, 2, 192); of each symbol and of the padding after it.
        prior_share: shape (symbols + 2, 2), which share of the symbol's time is its own and which its padding's.
    """

    symbols: tuple[str, ...]
    joe: Take
    kokoro: Take | None
    prior_mean: Floats
    prior_share: Floats


class JoeWithPrior:
    """Piper's joe, telling times and prior."""

    def __init__(self) -> None:
        import json

        from piper.config import PiperConfig
        from piper.voice import PiperVoice

        path = voice_file("joe")
        config = PiperConfig.from_dict(json.loads(path.with_name(path.name + ".json").read_text("utf-8")))
        seeded = with_noise_inputs(path)
        graph = _with_outputs(seeded.graph, (PIPER_MEAN,))
        self._session = open_session(graph, 1)
        self._voice = PiperVoice(session=self._session, config=config)
        self._noise_inputs = seeded.noise_inputs
        self._settings = PiperAssistant(engine="piper")

    def phonemize(self, text: str) -> list[list[str]]:
        """Return the symbols of each sentence of the text."""
        return [symbols for symbols in self._voice.phonemize(text) if symbols]

    def speak(self, symbols: list[str], rng: np.random.Generator) -> tuple[Take, Floats, Floats]:
        """Return the take, the prior's mean per symbol and padding, and their shares of its time."""
        ids = self._voice.phonemes_to_ids(symbols)
        if len(ids) != 2 * len(symbols) + 3:
            raise ValueError(f"{len(ids)} ids for {len(symbols)} symbols: one is unknown to the voice")
        pace = rng.uniform(*LENGTH_SCALE)
        scales = np.array([self._settings.noise_scale, pace, self._settings.noise_w], np.float32)
        feed = {"input": np.array([ids], np.int64), "input_lengths": np.array([len(ids)], np.int64), "scales": scales}
        for name in self._noise_inputs:
            feed[name] = rng.standard_normal(len(ids) * 1536, dtype=np.float32)
        audio, frames, mean = self._session.run(["output", PIPER_FRAMES, PIPER_MEAN], feed)
        # ids are: start, pad, (symbol, pad) ..., end; the end has no padding of its own.
        lasting = np.append(frames.reshape(-1), 0.0).reshape(-1, 2)
        means = np.concatenate([mean[0], mean[0][-1:]]).reshape(-1, 2, mean.shape[2])
        total = lasting.sum(axis=1)
        share = lasting / np.maximum(total, 1.0)[:, None]
        seconds = (total * PIPER_FRAME_S).astype(np.float32)
        take = Take(resample(audio.reshape(-1), 22_050, SAMPLE_RATE), seconds)
        return take, means.astype(np.float32), share.astype(np.float32)


class KokoroWithTimes:
    """Kokoro in blends of all voices but the held-out one, telling times."""

    def __init__(self) -> None:
        from kokoro_onnx.config import DEFAULT_VOCAB

        self._vocabulary: dict[str, int] = DEFAULT_VOCAB
        path = ensure(KOKORO_WEIGHTS[0]) / "kokoro-v1.0.int8.onnx"
        self._session = open_session(_with_outputs(path.read_bytes(), (KOKORO_FRAMES,)), 1)
        with np.load(ensure(KOKORO_WEIGHTS[1]) / "voices_ja.npz", allow_pickle=False) as archive:
            self._styles = {name: archive[name] for name in sorted(archive.files)}

    def speak(self, symbols: list[str], rng: np.random.Generator, voice: str | None = None) -> Take:
        """Return the sentence in a voice of the pool, or in a new blend at a pace of its own.

        A symbol that Kokoro does not know (espeak's mark of a syllabic consonant) is left out and lasts no time.
        """
        if voice is not None:
            table, speed = self._styles[voice], 1.0
        else:
            names = [name for name in self._styles if name != HELD_OUT_VOICE]
            weights = rng.dirichlet(np.full(len(names), 0.4)).astype(np.float32)
            table = np.tensordot(weights, np.stack([self._styles[name] for name in names]), axes=1)
            speed = float(rng.uniform(0.85, 1.2))
        known = [place for place, symbol in enumerate(symbols) if symbol in self._vocabulary]
        tokens = [self._vocabulary[symbols[place]] for place in known]
        feed = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": table[len(tokens)].reshape(1, -1).astype(np.float32),
            "speed": np.array([speed], np.float32),
        }
        audio, frames = self._session.run(["audio", KOKORO_FRAMES], feed)
        seconds = np.zeros(len(symbols) + 2, np.float32)
        seconds[[0, *(place + 1 for place in known), -1]] = frames.reshape(-1) * KOKORO_FRAME_S
        return Take(resample(audio.reshape(-1), 24_000, SAMPLE_RATE), seconds)


def _with_outputs(graph: bytes, names: tuple[str, ...]) -> bytes:
    """Return the graph with inner values as outputs."""
    import onnx

    model = onnx.load_from_string(graph)
    model.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in names)
    serialised: bytes = model.SerializeToString()
    return serialised
