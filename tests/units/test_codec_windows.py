"""Windows over long channels, and units in the order of time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.errors import RejectedError
from stages.units.codecs.channel import flatten_codes
from stages.units.codecs.windows import CONTEXT_CHUNKS, WINDOW_CHUNKS, units_in_windows, windows


@given(st.integers(0, 2000))
def test_what_windows_keep_tiles_the_channel(chunks):
    kept = [chunk for window in windows(chunks) for chunk in range(window.keep_start, window.keep_end)]
    assert kept == list(range(chunks))


@given(st.integers(1, 2000))
def test_every_chunk_is_kept_from_where_it_has_context_on_both_sides(chunks):
    for window in windows(chunks):
        assert window.end - window.start <= WINDOW_CHUNKS
        assert window.start == max(window.keep_start - CONTEXT_CHUNKS, 0)
        assert window.end == chunks or window.end - window.keep_end == CONTEXT_CHUNKS


@given(st.integers(0, WINDOW_CHUNKS))
def test_what_fits_into_one_window_is_heard_at_once(chunks):
    assert len(list(windows(chunks))) == (chunks > 0)


@given(st.integers(0, 400), st.integers(1, 4))
def test_a_tokenizer_without_context_makes_the_same_units_in_windows(chunks, chunk_units):
    signal = np.arange(chunks * chunk_units * 2)
    units = units_in_windows(signal, chunks, chunk_units, lambda part: part[::2].astype(np.int32))
    assert np.array_equal(units, signal[::2])


@given(st.integers(1, 8), st.integers(0, 30), st.integers(2, 100), st.integers(0, 2**32 - 1))
def test_flat_units_tell_codebook_and_code(codebooks, frames, size, seed):
    codes = np.random.default_rng(seed).integers(0, size, (codebooks, frames))
    units = flatten_codes(codes, size)
    assert np.array_equal(units.reshape(frames, codebooks) % size, codes.T)
    assert np.array_equal(units // size, np.arange(codebooks * frames) % codebooks)


@pytest.mark.parametrize("code", [-1, 64, -(2**31)])
def test_a_code_outside_its_codebook_is_no_unit(code):
    codes = np.zeros((2, 5), np.int64)
    codes[1, 3] = code
    with pytest.raises(RejectedError, match=rf"no_unit: code {code} of codebook 1, frame 3, lies outside 0-63"):
        flatten_codes(codes, 64)
