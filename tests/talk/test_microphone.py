"""Microphone and loudspeaker: what PortAudio hands over, and what a machine without them is answered."""

import json
import sys
import time
from itertools import islice
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from cli import app
from manifests.errors import BuildError
from talk.clock import WallClock
from talk.microphone import Microphone
from talk.playout import Played
from talk.session import CHUNK_SAMPLES
from tests.talk.small_talkers import speech_like


def refusal():
    with pytest.raises(BuildError) as refused:
        Microphone(22_050)
    return str(refused.value)


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", None)

    assert 'pip install -c constraints.txt -e ".[talk]"' in refusal()


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


class FakeStreams:
    """PortAudio's side of the two streams: calls back when the test says so, or on starting with what is waiting."""

    class PortAudioError(Exception):
        pass

    def __init__(self):
        self.callbacks = {}
        self.faults = {}
        self.closed = []
        self.waiting = []

    def open(self, kind):
        def stream(callback, **_):
            self.fail("open", kind)
            self.callbacks[kind] = callback
            return SimpleNamespace(start=lambda: self.start(kind), close=lambda: self.closed.append(kind))

        return stream

    def start(self, kind):
        self.fail("start", kind)
        if kind == "in":
            for block in self.waiting:
                self.record(block, overflow=block is self.waiting[-1])

    def fail(self, when, kind):
        if (when, kind) in self.faults:
            raise self.PortAudioError(*self.faults[when, kind])

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


def test_devices_that_do_not_start_are_explained_and_closed(streams):
    for kind in ("out", "in"):
        streams.faults, streams.closed = {("start", kind): ("Device unavailable", -9985)}, []
        with pytest.raises(BuildError, match=r"Device unavailable.*python -m sounddevice"), Microphone(22_050):
            pass
        assert sorted(streams.closed) == ["in", "out"]


def test_a_microphone_is_closed_where_there_is_no_loudspeaker(streams):
    streams.faults = {("open", "out"): ("Error querying device -1",)}

    assert "the loudspeaker at 22050 Hz can't be opened" in refusal()
    assert streams.closed == ["in"]


def test_a_device_that_does_not_take_the_rate_is_told_with_what_does(streams):
    streams.faults = {("open", "in"): ("Error opening InputStream: Invalid sample rate [PaErrorCode -9997]", -9997)}

    said = refusal()
    assert "the microphone at 16000 Hz can't be opened" in said
    assert "resamples" in said
    assert "--serve" in said


def test_a_microphone_that_gives_nothing_any_more_ends_what_is_heard(streams, monkeypatch):
    monkeypatch.setattr("talk.microphone.GONE_S", 0.01)
    with Microphone(22_050) as microphone:
        streams.record(np.zeros(CHUNK_SAMPLES, np.float32))

        assert len(list(microphone.heard())) == 1
    assert microphone.gone


def talk_by_microphone(checkpoint, out):
    return CliRunner().invoke(app, ["talk", str(checkpoint), "--microphone", "--out", str(out)])


def test_a_person_talks_until_ctrl_c_and_the_conversation_is_kept(streams, monkeypatch, checkpoint, tmp_path):
    streams.waiting = np.split(speech_like(2.0), 100)
    answered = []

    def now_s(clock):
        if len(answered) == 3:
            raise KeyboardInterrupt
        answered.append(clock)
        return time.monotonic()

    monkeypatch.setattr(WallClock, "now_s", now_s)
    done = talk_by_microphone(checkpoint, tmp_path / "out.wav")

    assert done.exit_code == 0, done.output
    assert "wear headphones" in done.output
    assert "440 to 840 ms" in done.output
    assert "the system dropped microphone audio 1 times" in done.output
    assert "3 chunks" in done.output
    samples, _ = soundfile.read(tmp_path / "out.wav")
    assert samples.any(axis=0).all()
    assert json.loads((tmp_path / "out.json").read_text())["user"] == "microphone"
    assert sorted(streams.closed) == ["in", "out"]


def test_what_was_said_until_the_microphone_was_unplugged_is_kept(streams, monkeypatch, checkpoint, tmp_path):
    monkeypatch.setattr("talk.microphone.GONE_S", 0.01)
    streams.waiting = np.split(speech_like(0.8), 40)
    done = talk_by_microphone(checkpoint, tmp_path / "out.wav")

    assert done.exit_code == 1
    assert "if it was unplugged" in done.output
    assert json.loads((tmp_path / "out.json").read_text())["chunks"] == 2
