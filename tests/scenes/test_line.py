import numpy as np
import pytest

from stages.scenes.acoustics.codecs import CODECS
from stages.scenes.acoustics.line import carry

RATE = 16_000
BAND = (300.0, 3400.0)
NARROW = [name for name, codec in CODECS.items() if codec.has_band]


def tone(hz: float, seconds: float = 1.0, rate: int = RATE) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def passed_db(hz: float, name: str) -> float:
    sent = tone(hz)
    spectra = [np.abs(np.fft.rfft(channel)) for channel in (sent, carry(sent, RATE, CODECS[name], BAND).samples)]
    return float(20 * np.log10(spectra[1][round(hz)] / spectra[0][round(hz)]))


def babble(seconds: float = 2.0) -> np.ndarray:
    return (0.1 * np.random.default_rng(1).standard_normal(round(seconds * RATE))).astype(np.float32)


@pytest.mark.parametrize("hz", [500, 1000, 2000, 3000])
def test_inside_its_band_a_line_changes_little(hz: float) -> None:
    assert passed_db(hz, "none") == pytest.approx(0, abs=1)


@pytest.mark.parametrize("hz", [60, 120, 5000, 7000])
@pytest.mark.parametrize("name", NARROW)
def test_outside_its_band_a_line_lets_nothing_through(hz: float, name: str) -> None:
    assert passed_db(hz, name) < -30


@pytest.mark.parametrize("hz", [300, 3400])
def test_at_its_edges_a_band_has_fallen_by_six_decibels(hz: float) -> None:
    assert passed_db(hz, "none") == pytest.approx(-6, abs=0.5)


@pytest.mark.parametrize("name", CODECS)
def test_every_codec_gives_back_the_same_length_in_the_same_place(name: str) -> None:
    sent = np.zeros(2 * RATE + 7, np.float32)
    sent[RATE : RATE + 4000] = babble()[:4000]
    received = carry(sent, RATE, CODECS[name], BAND).samples
    assert received.shape == sent.shape
    assert received.dtype == np.float32
    lags = np.correlate(received, sent[RATE : RATE + 4000], "valid")
    assert abs(int(np.argmax(lags)) - RATE) <= 0.001 * RATE


@pytest.mark.parametrize(
    ("name", "low", "high"), [("mulaw", 30, 45), ("alaw", 30, 45), ("gsm", 0, 30), ("opus", 3, 40)]
)
def test_what_a_codec_adds_is_measured(name: str, low: float, high: float) -> None:
    snr_db = carry(babble(), RATE, CODECS[name], BAND).codec_snr_db
    assert snr_db is not None
    assert low < snr_db < high


def test_a_bare_band_adds_nothing() -> None:
    assert carry(babble(), RATE, CODECS["none"], BAND).codec_snr_db is None


def test_opus_keeps_what_a_telephone_loses() -> None:
    assert passed_db(5000, "opus") == pytest.approx(0, abs=2)


@pytest.mark.parametrize("rate", [8_000, 24_000])
@pytest.mark.parametrize("name", CODECS)
def test_a_scene_of_any_rate_goes_through(rate: int, name: str) -> None:
    sent = tone(1000, rate=rate)
    received = carry(sent, rate, CODECS[name], BAND).samples
    assert len(received) == len(sent)
    assert np.argmax(np.abs(np.fft.rfft(received))) == 1000


@pytest.mark.parametrize("length", [1, 30])
def test_however_short_a_channel_is_it_comes_out_as_long(length: int) -> None:
    assert len(carry(babble()[:length], RATE, CODECS["mulaw"], BAND).samples) == length


def test_the_same_channel_comes_out_the_same() -> None:
    for codec in CODECS.values():
        one, other = (carry(babble(), RATE, codec, BAND).samples for _ in range(2))
        assert np.array_equal(one, other)
