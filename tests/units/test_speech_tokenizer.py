"""The embedded units, on the real engine: always the same, and the same offline as live."""

import numpy as np
import pytest

from manifests.errors import BuildError, RejectedError
from stages.streams import StreamsConfig
from stages.units import grid, open_speech_tokenizer
from stages.units.codebook import EMBEDDED, read_codebook, write_codebook
from stages.units.log_mel import HISTORY_SAMPLES, HOP_SAMPLES, SAMPLE_RATE, log_mel
from stages.units.whisper_units import WhisperUnits

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


def test_two_channels_at_once_are_refused(tokenizer, sound):
    with pytest.raises(ValueError, match="not one channel"):
        tokenizer.encode(np.stack([sound, sound], axis=1), SAMPLE_RATE)


def test_a_codebook_made_with_other_weights_is_refused(tmp_path):
    from dataclasses import replace

    book = read_codebook(EMBEDDED)
    path = tmp_path / "units.safetensors"
    write_codebook(path, replace(book, format=replace(book.format, feature_digest="other")))
    with pytest.raises(BuildError, match="other weights"):
        WhisperUnits(read_codebook(path))


def test_the_embedded_codebook_is_small_and_has_a_card():
    assert EMBEDDED.stat().st_size < 4_000_000
    assert (EMBEDDED.parent / "MODEL_CARD.md").exists()


def test_log_mel_frames_do_not_depend_on_what_is_computed_with_them(sound):
    whole = log_mel(sound[: HISTORY_SAMPLES + 160 * HOP_SAMPLES])
    part = log_mel(sound[80 * HOP_SAMPLES :][: HISTORY_SAMPLES + 8 * HOP_SAMPLES])
    assert np.array_equal(whole[80:88], part)
