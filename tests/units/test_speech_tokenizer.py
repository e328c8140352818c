"""The embedded units, on the real engine: always the same, and the same offline as live."""

import numpy as np
import pytest

from manifests.errors import BuildError, RejectedError
from stages.streams import StreamsConfig
from stages.units import grid, open_speech_tokenizer, vocoder
from stages.units.bottleneck import EMBEDDED, METADATA_KEY, SILENCE_UNIT
from stages.units.log_mel import HISTORY_SAMPLES, HOP_SAMPLES, SAMPLE_RATE, log_mel
from stages.units.whisper_vq import BATCH_WINDOWS, WhisperUnits

SECONDS = 3.3


@pytest.fixture(scope="module")
def tokenizer():
    return open_speech_tokenizer(StreamsConfig().speech_tokenizer)


@pytest.fixture(scope="module")
def sound():
    """A second of silence, then a harmonic glide in noise with syllable-like loudness: lively, though no speech."""
    time_s = np.arange(int(SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    phase = 2 * np.pi * np.cumsum(120 + 40 * np.sin(2 * np.pi * 0.7 * time_s)) / SAMPLE_RATE
    voice = sum(np.sin(k * phase) / k for k in range(1, 20)) * (1 + np.sin(2 * np.pi * 4 * time_s)) / 8
    noise = np.random.default_rng(0).standard_normal(len(time_s)) / 100
    return np.pad(voice + noise, (SAMPLE_RATE, 0)).astype(np.float32)


def live_chunks(tokenizer, sound):
    """Tokenize as a live loop does: each time only the samples of one window are there."""
    chunks = grid.chunks_of(len(sound))
    heard = np.pad(sound, (grid.PAST_SAMPLES, grid.WINDOW_SAMPLES))
    for chunk in range(chunks):
        yield tokenizer.encode_window(heard[chunk * grid.CHUNK_SAMPLES :][: grid.WINDOW_SAMPLES].copy())


def test_two_calls_agree(tokenizer, sound):
    assert np.array_equal(tokenizer.encode(sound, SAMPLE_RATE), tokenizer.encode(sound, SAMPLE_RATE))


def test_offline_equals_live(tokenizer, sound):
    live = np.concatenate(list(live_chunks(tokenizer, sound)))
    assert np.array_equal(tokenizer.encode(sound, SAMPLE_RATE), live)


def test_the_order_of_chunks_does_not_matter(tokenizer, sound):
    windows = list(live_chunks(tokenizer, sound))
    heard = np.pad(sound, (grid.PAST_SAMPLES, grid.WINDOW_SAMPLES))
    for chunk in reversed(range(len(windows))):
        again = tokenizer.encode_window(heard[chunk * grid.CHUNK_SAMPLES :][: grid.WINDOW_SAMPLES])
        assert np.array_equal(again, windows[chunk])


def test_units_depend_on_nothing_beyond_the_look_ahead(tokenizer, sound):
    chunks = 5
    known = chunks * grid.CHUNK_SAMPLES + grid.LOOKAHEAD_SAMPLES
    changed = sound.copy()
    changed[known:] = 0.5
    before, after = (tokenizer.encode(samples, SAMPLE_RATE) for samples in (sound, changed))
    assert np.array_equal(before[: chunks * grid.CHUNK_UNITS], after[: chunks * grid.CHUNK_UNITS])
    assert not np.array_equal(before, after)


@pytest.mark.parametrize(("samples", "chunks"), [(0, 0), (1, 1), (639, 1), (6400, 1), (6401, 2)])
def test_units_come_in_whole_chunks(tokenizer, samples, chunks):
    units = tokenizer.encode(np.full(samples, 0.1, np.float32), SAMPLE_RATE)
    assert units.shape == (chunks * tokenizer.chunk_units,)
    assert units.dtype == np.int32


def test_units_are_codes_and_sound_is_not_silence(tokenizer, sound):
    units = tokenizer.encode(sound, SAMPLE_RATE)
    assert units.min() >= 0
    assert units.max() < tokenizer.size
    silence = set(tokenizer.encode(np.zeros_like(sound), SAMPLE_RATE).tolist())
    assert len(set(units.tolist()) - silence) > 20


def test_audio_at_another_rate_is_resampled(tokenizer, sound):
    units = tokenizer.encode(np.repeat(sound, 3), 3 * SAMPLE_RATE)
    assert len(units) == len(tokenizer.encode(sound, SAMPLE_RATE))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_audio_that_is_not_finite_is_rejected(tokenizer, sound, value):
    broken = sound.copy()
    broken[100] = value
    with pytest.raises(RejectedError, match="audio_not_finite"):
        tokenizer.encode(broken, SAMPLE_RATE)


def test_audio_that_is_no_sound_is_refused(tokenizer, sound):
    with pytest.raises(RejectedError, match="audio_too_loud"):
        tokenizer.encode(1e30 * sound, SAMPLE_RATE)
    with pytest.raises(ValueError, match="samples are int16, not floats"):
        tokenizer.encode(np.zeros(100, np.int16), SAMPLE_RATE)
    with pytest.raises(RejectedError, match="audio_not_finite"):
        tokenizer.encode_window(np.full(grid.WINDOW_SAMPLES, np.nan, np.float32))


@pytest.mark.parametrize(("rate", "samples", "chunks"), [(48_000, 1, 1), (48_000, 19_201, 2), (11_025, 4410, 1)])
def test_chunks_are_counted_at_the_rate_of_the_audio(tokenizer, rate, samples, chunks):
    assert len(tokenizer.encode(np.full(samples, 0.1, np.float32), rate)) == chunks * tokenizer.chunk_units


def test_two_channels_at_once_are_refused(tokenizer, sound):
    with pytest.raises(ValueError, match="not one channel"):
        tokenizer.encode(np.stack([sound, sound], axis=1), SAMPLE_RATE)


@pytest.mark.parametrize("copies", [1, BATCH_WINDOWS - 1, 2 * BATCH_WINDOWS + 3])
def test_a_batch_of_windows_gives_what_each_gives_alone(tokenizer, sound, copies):
    chunk = sound[: grid.CHUNK_SAMPLES * 4]
    once = np.tile(chunk, copies)
    live = np.concatenate(list(live_chunks(tokenizer, once)))
    assert np.array_equal(tokenizer.encode(once, SAMPLE_RATE), live)


def test_quiet_is_one_unit_digital_or_not(tokenizer):
    hiss = np.random.default_rng(1).standard_normal(2 * SAMPLE_RATE).astype(np.float32)
    for level in (0.0, 1e-4, 1e-3):
        assert (tokenizer.encode(level * hiss, SAMPLE_RATE) == SILENCE_UNIT).mean() > 0.9


def test_a_window_of_another_length_is_refused(tokenizer):
    with pytest.raises(ValueError, match="a window has shape"):
        tokenizer.encode_window(np.zeros(grid.WINDOW_SAMPLES - 1, np.float32))


def test_a_bottleneck_trained_on_other_weights_is_refused(tmp_path):
    path = with_format(tmp_path / "units.onnx", feature_digest="other")
    with pytest.raises(BuildError, match="different weights"):
        WhisperUnits(path)


@pytest.mark.parametrize("change", [{"chunk_units": 5}, {"past_units": 25}, {"lookahead_units": 0}, {"rate_hz": 50}])
def test_a_bottleneck_for_another_grid_is_refused(tmp_path, change):
    (name,) = change
    with pytest.raises(BuildError, match=f"{name} is"):
        WhisperUnits(with_format(tmp_path / "units.onnx", **change))


@pytest.mark.parametrize("size", [10, 0, -5, "2048", 2048.0])
def test_a_bottleneck_that_makes_another_number_of_units_is_refused(tmp_path, size):
    with pytest.raises(BuildError, match=rf"units\.onnx .* says size {size!r}, but its graph makes 2048 units"):
        WhisperUnits(with_format(tmp_path / "units.onnx", size=size))


def test_a_bottleneck_for_an_unknown_format_of_numbers_is_refused(tmp_path):
    with pytest.raises(BuildError, match="can't be opened with compute_type 'int3'"):
        WhisperUnits(with_format(tmp_path / "units.onnx", compute_type="int3"))


def test_a_file_that_is_no_bottleneck_is_named(tmp_path):
    path = tmp_path / "units.onnx"
    path.write_bytes(b"no graph")
    with pytest.raises(BuildError, match=r"units\.onnx is not an ONNX graph"):
        WhisperUnits(path)


def test_what_comes_along_is_small_and_has_its_cards():
    files = (EMBEDDED, vocoder.EMBEDDED)
    assert sum(file.stat().st_size for file in files) < 45_000_000
    assert all(file.with_suffix(".md").exists() for file in files)


def with_format(path, **changes):
    """Write the embedded bottleneck with a changed format."""
    import json

    import onnx

    model = onnx.load(str(EMBEDDED))
    entries = {entry.key: entry.value for entry in model.metadata_props}
    entries[METADATA_KEY] = json.dumps(json.loads(entries[METADATA_KEY]) | changes)
    onnx.helper.set_model_props(model, entries)
    onnx.save(model, str(path))
    return path


def test_log_mel_frames_do_not_depend_on_what_is_computed_with_them(sound):
    whole = log_mel(sound[: HISTORY_SAMPLES + 160 * HOP_SAMPLES])
    part = log_mel(sound[80 * HOP_SAMPLES :][: HISTORY_SAMPLES + 8 * HOP_SAMPLES])
    assert np.array_equal(whole[80:88], part)
