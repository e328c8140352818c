"""The recording of a conversation: both channels on one clock."""

import numpy as np
import pytest
import soundfile

from manifests.errors import BuildError
from talk.recording import Recording
from tests.talk.small_talkers import speech_like


def test_the_user_is_left_and_the_assistant_right_each_at_its_time(tmp_path):
    user, sound = speech_like(1.2), np.full(8820, 0.5, np.float32)
    with Recording(tmp_path / "new" / "out.wav", 22_050) as recording:
        for chunk in user.reshape(3, -1):
            recording.user(chunk)
        recording.assistant(sound, 0.6)
        recording.assistant(sound)
    written, rate = soundfile.read(tmp_path / "new" / "out.wav", dtype="float32")

    assert rate == 22_050
    assert len(written) == round(0.6 * 22_050) + 2 * 8820
    assert np.flatnonzero(written[:, 1])[0] == round(0.6 * 22_050)
    assert np.allclose(written[round(0.6 * 22_050) :, 1], 0.5, atol=1e-4)
    left = written[: round(1.2 * 22_050), 0]
    assert np.sqrt(np.mean(left**2)) == pytest.approx(np.sqrt(np.mean(user**2)), rel=0.01)


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(BuildError, match=r"out\.wav can't be written"):
        Recording(tmp_path / "file" / "out.wav", 22_050)


def break_off(path):
    with Recording(path, 22_050) as recording:
        recording.user(speech_like(0.4))
        raise RuntimeError("cables crossed")


def test_what_breaks_off_leaves_what_was_there_before(tmp_path):
    (tmp_path / "out.wav").write_text("the last conversation")
    with pytest.raises(RuntimeError, match="cables crossed"):
        break_off(tmp_path / "out.wav")

    assert [path.name for path in tmp_path.iterdir()] == ["out.wav"]
    assert (tmp_path / "out.wav").read_text() == "the last conversation"
