"""`build-corpus talk` as a person meets it."""

import json
import re
import signal
import subprocess
import sys
import urllib.request
from functools import partial
from xml.etree import ElementTree

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from cli import app
from talk.events import TalkEvent
from talk.talk_plot import talk_plot
from talk.transcript import TimedText, Transcript
from tests.talk.small_talkers import speech_like


def talk(*arguments):
    return CliRunner().invoke(app, ["talk", *map(str, arguments)])


def test_a_recording_is_answered_with_sound_events_text_and_a_plot(tmp_path, checkpoint):
    user, out = tmp_path / "user.wav", tmp_path / "[v2]" / "out.wav"
    out.parent.mkdir()
    soundfile.write(user, np.stack([speech_like(1.5, sample_rate=44_100)] * 2, axis=1), 44_100)
    done = talk(checkpoint, "--user", user, "--out", out, "--tail-s", 0.8, "--seed", 3)

    assert done.exit_code == 0, done.output
    samples, rate = soundfile.read(out)
    told = json.loads(out.with_suffix(".json").read_text())
    assert rate == 22_050
    assert samples.shape[1] == 2
    assert samples.any(axis=0).all()
    assert told["chunks"] == 6
    assert told["seed"] == 3
    assert {"role": "assistant", "kind": "started", "at_s": 0.68} in told["events"]
    assert out.with_suffix(".txt").read_text().startswith("    0.60 s")
    assert ElementTree.parse(out.with_suffix(".svg")).getroot().tag.endswith("svg")
    assert f"{out}: user left" in done.output
    for said in ("2 channels", "44100 Hz", "6 chunks", "tokenizer", "vocoder", "440 to 840 ms", "assistant spoke"):
        assert said in done.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "give exactly one of --user, --microphone and --serve"),
        (("--user", "user.wav", "--microphone"), "give exactly one"),
        (("--serve", "--microphone"), "give exactly one"),
        (("--serve", "--out", "out.wav"), "--serve can't be combined with --out"),
        (("--serve", "--host", "0.0.0.0", "--port", "0"), "give --token too"),
        (("--user", "user.wav"), "--user needs --out"),
        (("--user", "user.wav", "--out", "out.wav"), "user.wav can't be read as a recording"),
        (("--user", "user.wav", "--out", "out.json"), "--out out.json: give a name that ends in .wav"),
    ],
)
def test_what_is_missing_is_said(arguments, said):
    done = talk("nowhere", *arguments)

    assert done.exit_code == 1
    assert said in done.output


@pytest.mark.parametrize("option", ["--temperature", "--window-s", "--tail-s"])
@pytest.mark.parametrize(("value", "said"), [("inf", "must be a finite number, not inf"), ("nan", "Input should be")])
def test_what_is_no_finite_number_is_refused_by_its_option(option, value, said):
    done = talk("nowhere", "--user", "user.wav", "--out", "out.wav", option, value)

    assert done.exit_code == 2
    assert f"'{option}': {said}" in done.output


def test_the_users_recording_is_not_written_over(tmp_path):
    user = tmp_path / "user.wav"
    soundfile.write(user, speech_like(0.4), 16_000)

    assert "is the user's recording" in talk("nowhere", "--user", user, "--out", user).output


def test_a_transcript_beside_the_users_recording_is_not_written_over(tmp_path):
    user = tmp_path / "user.flac"
    soundfile.write(user, speech_like(0.4), 16_000)

    done = talk("nowhere", "--user", user, "--out", tmp_path / "user.wav")

    assert "its .txt and .json would overwrite those of" in done.output


def test_a_fault_at_the_recordings_end_is_found_before_the_checkpoint_is_opened(tmp_path):
    samples = speech_like(1.2)
    samples[-5] = np.nan
    soundfile.write(tmp_path / "user.wav", samples, 16_000, "FLOAT")

    done = talk("nowhere", "--user", tmp_path / "user.wav", "--out", tmp_path / "out.wav")

    assert "is NaN or infinite" in done.output
    assert not (tmp_path / "out.wav").exists()


def test_a_folder_where_the_transcript_would_stand_is_named_before_anything_else(tmp_path):
    (tmp_path / "out.json").mkdir()

    done = talk("nowhere", "--user", tmp_path / "user.wav", "--out", tmp_path / "out.wav")

    assert "out.json is a folder; give another name" in done.output


def test_text_that_comes_together_makes_a_line():
    transcript = Transcript(text=[TimedText(0.6, "Yes"), TimedText(1.0, ", I do."), TimedText(5.0, "And you?")])

    assert transcript.lines() == [TimedText(0.6, "Yes, I do."), TimedText(5.0, "And you?")]


def test_a_line_of_text_is_no_longer_than_five_seconds():
    transcript = Transcript(text=[TimedText(0.4 * place, "a") for place in range(20)])

    assert [len(line.text) for line in transcript.lines()] == [13, 7]


def test_a_plot_holds_waves_events_and_text_that_xml_has_no_place_for():
    peaks = np.full(900, 0.3, np.float32)
    events = [TalkEvent("assistant", "interrupted", 31.0), TalkEvent("user", "started", 2.0)]
    root = ElementTree.fromstring(talk_plot("out.wav", peaks, peaks[:100], events, [TimedText(1.0, "a < b \x00 & c")]))
    words = [node.text for node in root.iter() if node.text]

    assert {"interrupted", "start", "a < b   & c", "30 s"} <= set(words)
    assert len([node for node in root.iter() if node.tag.endswith("title")]) == 2


def test_a_long_conversation_is_drawn_up_to_ten_minutes():
    peaks = np.zeros(20 * 60 * 20, np.float32)

    assert "the first 10 of 20 minutes" in talk_plot("out.wav", peaks, peaks, [], [])


def test_a_page_is_served_until_ctrl_c(checkpoint):
    command = [sys.executable, "-m", "cli", "talk", str(checkpoint), "--serve", "--port", "0"]
    # Where the tests run in the background, Ctrl-C is ignored, and what they start would inherit that.
    heeding = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=heeding) as serving:
        assert serving.stdout is not None
        url = re.search(r"http://127\.0\.0\.1:\d+/", serving.stdout.readline())
        assert url, "the first line says where the page is"
        with urllib.request.urlopen(url[0]) as page:
            assert b"Talk to the checkpoint" in page.read()
        serving.send_signal(signal.SIGINT)
        assert serving.wait(30) == 0
