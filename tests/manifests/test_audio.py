"""Audio in and out of bytes."""

import numpy as np
import pytest

from manifests.audio import FLAC_BLOCK, decode_audio, encode_flac
from manifests.errors import RejectedError
from tests.streamed_flac import without_length

RATE = 16_000


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_flac_is_the_same_however_the_channels_lie_in_memory(channels):
    rows = np.random.default_rng(3).uniform(-1, 1, (channels, 2 * FLAC_BLOCK + 17)).astype(np.float32)

    data = encode_flac(rows.T, RATE)

    assert data == encode_flac(np.ascontiguousarray(rows.T), RATE)
    heard, rate = decode_audio(data)
    assert rate == RATE
    assert np.abs(heard.reshape(-1, channels) - rows.T).max() <= 1 / 32_768


def test_flac_that_tells_no_length_is_unreadable_with_the_way_out():
    streamed = without_length(encode_flac(np.zeros(RATE, np.float32), RATE))
    with pytest.raises(RejectedError, match=r"unreadable_audio: its header gives no length.*response_format: wav"):
        decode_audio(streamed)
