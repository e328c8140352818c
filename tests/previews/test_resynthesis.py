"""Channels heard from their units: on the channel's clock, in the assistant's voice, silent where nobody speaks."""

import numpy as np
import pytest

from manifests.randomness import generator
from previews import speak_again
from stages.speech.engine_config import PiperAssistant
from stages.speech.engines import open_engine
from stages.units import Mimi, WhisperVq

TEXT = "My brother took the early train to the coast."


@pytest.fixture(scope="module")
def speak():
    return speak_again(WhisperVq())


@pytest.fixture(scope="module")
def channel():
    """Half a second of silence, a sentence, half a second of silence; and their rate."""
    clip = open_engine(PiperAssistant(engine="piper"), 0).synthesize(TEXT, "joe", "en", 1.0, generator(1, "say"))
    quiet = np.zeros(clip.rate // 2, np.float32)
    return np.concatenate([quiet, clip.samples, quiet]), clip.rate


def test_a_channel_keeps_its_length_and_rate(speak, channel):
    samples, rate = channel
    for length in (1, rate // 3, len(samples)):
        again = speak(samples[:length], rate)
        assert again.shape == (length,)
        assert again.dtype == np.float32


def test_speech_is_heard_when_it_was_said_and_nothing_before_or_after(speak, channel):
    samples, rate = channel
    again = speak(samples, rate)
    third = rate // 3
    assert np.abs(again[:third]).max() < 1e-3
    assert np.abs(again[-third:]).max() < 1e-3
    frame = rate // 5
    loudness = [
        np.sqrt((one[: len(one) // frame * frame].reshape(-1, frame) ** 2).mean(axis=1)) for one in (samples, again)
    ]
    assert np.corrcoef(*loudness)[0, 1] > 0.7


def test_a_silent_channel_stays_silent(speak):
    assert not speak(np.zeros(24_000, np.float32), 24_000).any()


def test_units_that_no_vocoder_knows_are_not_spoken(tmp_path):
    assert speak_again(Mimi(kind="mimi", path=str(tmp_path))) is None
