"""Microphone and loudspeaker: what PortAudio hands over, and what a machine without them is answered."""

import sys
from itertools import islice
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from manifests.errors import BuildError
from talk.microphone import HEADPHONES, Microphone
from talk.playout import Played
from talk.session import CHUNK_SAMPLES


def refusal():
    with pytest.raises(BuildError) as refused:
        Microphone(22_050)
    return str(refused.value)


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", None)

    assert "pip install 'build-corpus[talk]'" in refusal()


def test_without_a_device_the_list_of_devices_is_named(monkeypatch):
    module = ModuleType("sounddevice")
    module.PortAudioError = type("PortAudioError", (Exception,), {})

    def no_device(**_):
        raise module.PortAudioError("Error querying device -1")

    module.InputStream = no_device
    monkeypatch.setitem(sys.modules, "sounddevice", module)

    said = refusal()
    assert "Error querying device -1" in said
    assert "python -m sounddevice" in said
    assert "--user" in said


def test_the_echo_is_stated():
    assert "headphones" in HEADPHONES


class FakeStreams:
    """PortAudio's side of the two streams: calls back when the test says so."""

    PortAudioError = OSError

    def __init__(self):
        self.callbacks = {}

    def open(self, kind):
        def stream(callback, **_):
            self.callbacks[kind] = callback
            return SimpleNamespace(start=lambda: None, close=lambda: None)

        return stream

    def record(self, samples, overflow=False):
        self.callbacks["in"](samples[:, np.newaxis], len(samples), None, SimpleNamespace(input_overflow=overflow))

    def play(self, count):
        out = np.full((count, 1), 9, np.float32)
        self.callbacks["out"](out, count, None, None)
        return out[:, 0]


@pytest.fixture
def streams(monkeypatch):
    fake = FakeStreams()
    fake.InputStream, fake.OutputStream = fake.open("in"), fake.open("out")
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    return fake


def test_what_is_recorded_comes_in_chunks_and_none_is_lost(streams):
    sound = np.arange(2 * CHUNK_SAMPLES, dtype=np.float32)
    with Microphone(22_050) as microphone:
        for block in np.split(sound, 40):
            streams.record(block)
        streams.record(sound[:320], overflow=True)
        heard = list(islice(microphone.heard(), 2))

    assert np.array_equal(np.concatenate([one.samples for one in heard]), sound)
    assert heard[0].whole_s <= heard[1].whole_s
    assert microphone.lost == 1


def test_sound_waits_until_it_is_due_and_silence_fills_what_is_missing(streams):
    microphone = Microphone(1000)
    microphone.play(Played(0.6, np.full(400, 0.5, np.float32), 0), ready_s=0.5)
    microphone.play(Played(1.0, np.full(100, 0.7, np.float32), 0), ready_s=0.9)
    sound = np.concatenate([streams.play(250) for _ in range(3)])

    assert not sound[:100].any()
    assert (sound[100:500] == 0.5).all()
    assert (sound[500:600] == np.float32(0.7)).all()
    assert not sound[600:].any()
