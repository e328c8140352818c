"""A speech server on a real socket, and speech for it to answer with."""

import time
from collections.abc import Iterator

import numpy as np
import pytest
import soxr

from stages.speech import SpeechConfig, open_engine
from stages.speech.base import Clip
from tests.speech.fake_speech_server import RATE, SpeechServer, serving
from tests.speech.server_stages import CLIP_TEXT


@pytest.fixture
def server() -> Iterator[SpeechServer]:
    with serving(SpeechServer()) as opened:
        yield opened


@pytest.fixture
def waits(monkeypatch) -> list[float]:
    """The seconds waited between retries; none of them passes but on the server's clock."""
    waited: list[float] = []
    clock = time.monotonic
    monkeypatch.setattr("stages.speech.retrying.time.sleep", waited.append)
    monkeypatch.setattr("stages.speech.tts_server.time.monotonic", lambda: clock() + sum(waited))
    return waited


@pytest.fixture(scope="module")
def clip() -> Clip:
    """Real speech, from the embedded engine, which times its words."""
    engine = open_engine(SpeechConfig().assistant, 0)
    made = engine.synthesize(CLIP_TEXT, "joe", "en", 1.0, np.random.default_rng(0))
    engine.close()
    return made


@pytest.fixture(scope="module")
def speech(clip) -> np.ndarray:
    """The same, for the server to answer with."""
    return soxr.resample(clip.samples, clip.rate, RATE)
