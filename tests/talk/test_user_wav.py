"""A user's recording: every kind that can be read is heard alike, and what can't be is refused."""

import tracemalloc

import numpy as np
import pytest
import soundfile

from manifests.errors import BuildError
from talk.session import CHUNK_SAMPLES
from talk.user_wav import UserWav
from tests.streamed_flac import without_length
from tests.talk.small_talkers import speech_like

SPEECH = speech_like(2.0)


def write(path, samples, rate=16_000, subtype="PCM_16"):
    soundfile.write(path, samples, rate, subtype)
    return path


def heard(path, tail_s=0.0):
    wav = UserWav(path)
    return np.concatenate(list(wav.chunks(tail_s))), " ".join(wav.remarks)


@pytest.mark.parametrize(
    ("subtype", "error"), [("PCM_U8", 0.01), ("PCM_16", 1e-4), ("PCM_24", 1e-6), ("FLOAT", 0), ("DOUBLE", 1e-7)]
)
def test_every_sample_format_is_the_same_sound(tmp_path, subtype, error):
    samples, remarks = heard(write(tmp_path / "user.wav", SPEECH, subtype=subtype))

    assert np.abs(samples - SPEECH).max() <= error
    assert samples.dtype == np.float32
    assert not remarks


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000])
def test_another_rate_is_resampled_and_said(tmp_path, rate):
    tone = np.sin(2 * np.pi * 440 * np.arange(2 * rate) / rate).astype(np.float32) / 2
    samples, remarks = heard(write(tmp_path / "user.wav", tone, rate, "FLOAT"))
    wanted = np.sin(2 * np.pi * 440 * np.arange(32_000) / 16_000) / 2

    assert np.abs(samples - wanted)[800:-800].max() < 0.01
    assert f"{rate} Hz, resampled to 16000" in remarks


def test_stereo_is_mixed_down_and_said(tmp_path):
    samples, remarks = heard(write(tmp_path / "user.wav", np.stack([SPEECH, 0 * SPEECH], axis=1), subtype="FLOAT"))

    assert np.allclose(samples, SPEECH / 2)
    assert "2 channels, mixed down to one" in remarks


def test_the_last_chunk_is_filled_with_silence_and_a_tail_follows(tmp_path):
    path = write(tmp_path / "user.wav", SPEECH[:7000], subtype="FLOAT")

    assert len(heard(path)[0]) == 2 * CHUNK_SAMPLES
    samples, _ = heard(path, tail_s=0.8)
    assert len(samples) == 4 * CHUNK_SAMPLES
    assert not samples[7000:].any()


@pytest.mark.parametrize(("tail_s", "chunks"), [(0.0, 0), (0.1, 1), (0.4, 1), (0.5, 2), (1.2, 3)])
def test_a_tail_is_never_shorter_than_what_was_asked_for(tmp_path, tail_s, chunks):
    wav = UserWav(write(tmp_path / "user.wav", SPEECH[:7000], subtype="FLOAT"))

    assert len(list(wav.chunks(tail_s))) == wav.count_chunks(tail_s) == 2 + chunks


def test_silence_is_heard_and_said(tmp_path):
    samples, remarks = heard(write(tmp_path / "user.wav", 0 * SPEECH))

    assert not samples.any()
    assert "silent from start to end" in remarks


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("missing.wav", None, "can't be read as a recording"),
        ("text.wav", b"this is no recording", "can't be read as a recording"),
        ("nothing.wav", b"", "can't be read as a recording"),
    ],
)
def test_what_is_no_recording_is_refused(tmp_path, name, content, said):
    if content is not None:
        (tmp_path / name).write_bytes(content)

    with pytest.raises(BuildError, match=said) as refused:
        UserWav(tmp_path / name)
    assert name in str(refused.value)


def test_an_empty_recording_is_refused(tmp_path):
    with pytest.raises(BuildError, match="is empty; give a recording"):
        UserWav(write(tmp_path / "user.wav", SPEECH[:0]))


def test_samples_that_are_no_numbers_are_refused_with_their_place(tmp_path):
    broken = SPEECH.copy()
    broken[20_000] = np.inf

    with pytest.raises(BuildError, match=r"within 0.4 s of 1.20 s is NaN or infinite"):
        UserWav(write(tmp_path / "user.wav", broken, subtype="FLOAT"))


def test_a_flac_that_breaks_off_is_damaged(tmp_path):
    path = write(tmp_path / "user.flac", np.tile(SPEECH, 10))
    path.write_bytes(path.read_bytes()[:-20_000])

    with pytest.raises(BuildError, match="it is damaged: save it again"):
        UserWav(path)


def test_a_wav_that_was_written_to_a_pipe_is_read_to_its_end(tmp_path):
    path = write(tmp_path / "user.wav", SPEECH)
    data = bytearray(path.read_bytes())
    for place in (4, 40):  # the sizes of the file and of its samples, which a pipe's writer can't go back to
        data[place : place + 4] = b"\xff" * 4
    path.write_bytes(data)

    assert np.abs(heard(path)[0][: len(SPEECH)] - SPEECH).max() <= 1e-4


def test_a_flac_that_does_not_state_its_length_is_refused_as_such(tmp_path):
    path = write(tmp_path / "user.flac", SPEECH)
    path.write_bytes(without_length(path.read_bytes()))

    with pytest.raises(BuildError, match="doesn't state its length"):
        UserWav(path)


def test_samples_a_little_beyond_full_scale_are_heard_and_said(tmp_path):
    samples, remarks = heard(write(tmp_path / "user.wav", SPEECH / np.abs(SPEECH).max() * 1.5, subtype="FLOAT"))

    assert np.abs(samples).max() == pytest.approx(1.5)
    assert "peaks at 1.50, beyond full scale (1)" in remarks


def test_samples_on_the_scale_of_integers_are_refused_with_the_way_out(tmp_path):
    samples = SPEECH / np.abs(SPEECH).max() * 16_384

    with pytest.raises(BuildError, match=r"peaks at 16384, but .* divide it by .*32768"):
        UserWav(write(tmp_path / "user.wav", samples, subtype="FLOAT"))


def test_a_long_recording_is_never_whole_in_memory(tmp_path):
    with soundfile.SoundFile(tmp_path / "long.wav", "w", 48_000, 2, "PCM_16") as file:
        for _ in range(60):
            file.write(np.full((10 * 48_000, 2), 0.1, np.float32))
    tracemalloc.start()
    chunks = sum(1 for _ in UserWav(tmp_path / "long.wav").chunks())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert chunks == 600 / 0.4
    assert peak < 2_000_000
