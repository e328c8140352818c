"""Units spoken again, on the real voice: whole and as they come."""

import json

import numpy as np
import pytest

from manifests.digests import file_sha256
from manifests.errors import BuildError
from stages.units import embedded, identity, open_speech_tokenizer, open_vocoder, vocoder_weights
from stages.units.bottleneck import EMBEDDED as BOTTLENECK
from stages.units.bottleneck import SILENCE_UNIT
from stages.units.config import Mimi, WhisperVq
from stages.units.vocoder import (
    EMBEDDED,
    LOOKAHEAD_UNITS,
    UNIT_SAMPLES,
    JoeVocoder,
    first_frame,
    frame_grid,
    read_format,
)

DOC_STRING = b"\x32\x01x"
"""Makes another file, which still loads, of a graph."""

SPEECH = np.random.default_rng(3).integers(1, 1000, 95).astype(np.int32)


@pytest.fixture(scope="module")
def vocoder():
    return JoeVocoder()


def live(vocoder, units, size):
    stream = vocoder.stream()
    pieces = [stream.push(units[start:][:size]) for start in range(0, len(units), size)]
    return pieces, np.concatenate([*pieces, stream.finish()])


@pytest.mark.parametrize("count", [0, 1, 7, 50, 95])
def test_every_unit_lasts_as_long(vocoder, count):
    sound = vocoder.decode(SPEECH[:count])
    assert sound.shape == (count * UNIT_SAMPLES,)
    assert sound.dtype == np.float32
    assert np.isfinite(sound).all()


def test_the_same_units_always_sound_the_same(vocoder):
    assert np.array_equal(vocoder.decode(SPEECH), vocoder.decode(SPEECH))


@pytest.mark.parametrize("size", [1, 3, 10, 37, 200])
def test_a_stream_says_all_of_it_whatever_the_pieces(vocoder, size):
    _, sound = live(vocoder, SPEECH, size)
    assert sound.shape == (len(SPEECH) * UNIT_SAMPLES,)


def test_a_stream_lies_the_look_ahead_behind(vocoder):
    pieces, _ = live(vocoder, SPEECH[:30], 10)
    assert [len(piece) // UNIT_SAMPLES for piece in pieces] == [10 - LOOKAHEAD_UNITS, 10, 10]


def test_what_comes_later_does_not_change_what_was_said(vocoder):
    other = SPEECH.copy()
    other[40:] = SPEECH[:55]
    (first, _), (second, _) = (live(vocoder, units, 10) for units in (SPEECH, other))
    for before, after in zip(first[:4], second[:4], strict=True):
        assert np.array_equal(before, after)


def test_silence_is_digital_silence_wherever_it_lies(vocoder):
    units = SPEECH.copy()
    units[30:60] = SILENCE_UNIT
    for sound in (vocoder.decode(units), live(vocoder, units, 10)[1]):
        inside = sound[31 * UNIT_SAMPLES : 59 * UNIT_SAMPLES]
        assert not inside.any()
        assert sound[: 30 * UNIT_SAMPLES].any()
        assert sound[60 * UNIT_SAMPLES :].any()


def test_only_silence_needs_no_voice(vocoder):
    assert not vocoder.decode(np.full(25, SILENCE_UNIT, np.int32)).any()


@pytest.mark.parametrize("wrong", [-1, 2048, 100_000])
def test_a_unit_outside_the_codebook_is_named_with_its_place(vocoder, wrong):
    units = SPEECH[:12].copy()
    units[7] = wrong
    stream = vocoder.stream()
    for call in (vocoder.decode, stream.push):
        with pytest.raises(ValueError, match=f"unit {wrong} at place 7"):
            call(units)
    assert len(stream.push(SPEECH[:12])) == (12 - LOOKAHEAD_UNITS) * UNIT_SAMPLES


@pytest.mark.parametrize("unit", [5.7, np.nan])
def test_units_that_are_no_integers_are_refused(vocoder, unit):
    stream = vocoder.stream()
    for call in (vocoder.decode, stream.push):
        with pytest.raises(ValueError, match="units are float64, not integers"):
            call(np.array([unit]))


def test_two_channels_at_once_are_refused(vocoder):
    with pytest.raises(ValueError, match="not one channel"):
        vocoder.decode(np.stack([SPEECH, SPEECH]))


def test_frames_lie_on_one_grid_wherever_the_units_start():
    whole_units, whole_places = frame_grid(0, 40)
    for start in (1, 7, 20):
        units, places = frame_grid(start, 40 - start)
        offset = first_frame(start)
        assert np.array_equal(units + start, whole_units[offset:])
        assert np.array_equal(places, whole_places[offset:])


@pytest.mark.parametrize("alone", [0, 29])
def test_silence_at_a_channels_start_or_end_is_no_closure_between_speech(vocoder, alone):
    units = SPEECH[:30].copy()
    units[alone] = SILENCE_UNIT
    for sound in (vocoder.decode(units), live(vocoder, units, 10)[1]):
        of_units = sound.reshape(len(units), UNIT_SAMPLES)
        fade = UNIT_SAMPLES // 2
        assert not (of_units[0, :-fade] if alone == 0 else of_units[-1, fade:]).any()


def test_a_lone_silence_between_speech_is_left_to_the_voice(vocoder):
    units = SPEECH[:30].copy()
    units[14] = SILENCE_UNIT
    assert vocoder.decode(units)[14 * UNIT_SAMPLES : 15 * UNIT_SAMPLES].all()


def test_a_bottleneck_of_ones_own_and_codecs_have_no_vocoder_and_need_no_voice(tmp_path):
    other = WhisperVq(model=str(tmp_path / "mine.onnx"))
    (tmp_path / "mine.onnx").write_bytes(BOTTLENECK.read_bytes() + DOC_STRING)
    codec = Mimi(kind="mimi", path=str(tmp_path))
    assert open_vocoder(WhisperVq()) is not None
    assert vocoder_weights(WhisperVq()) == ("piper-joe",)
    assert [open_vocoder(config) for config in (other, codec)] == [None, None]
    assert [vocoder_weights(config) for config in (other, codec)] == [(), ()]


def test_a_copy_of_the_embedded_bottleneck_is_spoken_too(tmp_path):
    (tmp_path / "copy.onnx").write_bytes(BOTTLENECK.read_bytes())
    assert open_vocoder(WhisperVq(model=str(tmp_path / "copy.onnx"))) is not None


@pytest.mark.parametrize(
    ("file", "module", "opening"),
    [
        (BOTTLENECK, "stages.units.engines", (open_speech_tokenizer, identity, open_vocoder, vocoder_weights)),
        (EMBEDDED, "stages.units.vocoder", (open_vocoder, vocoder_weights)),
    ],
)
def test_a_damaged_embedded_network_that_still_loads_is_not_opened(tmp_path, monkeypatch, file, module, opening):
    damaged = tmp_path / file.name
    damaged.write_bytes(file.read_bytes() + DOC_STRING)
    monkeypatch.setattr(f"{module}.EMBEDDED", damaged)
    (tmp_path / embedded.PINS.name).write_bytes(embedded.PINS.read_bytes())
    monkeypatch.setattr(embedded, "PINS", tmp_path / embedded.PINS.name)
    said = f"installation is damaged: {damaged} has sha256 {file_sha256(damaged)}, but embedded.json next to it says "
    for open_one in opening:
        with pytest.raises(BuildError, match=f"{said}{file_sha256(file)}. Reinstall build-corpus"):
            open_one(WhisperVq())


def test_the_embedded_networks_are_pinned_and_belong_together():
    assert json.loads(embedded.PINS.read_text()) == {file.name: file_sha256(file) for file in (BOTTLENECK, EMBEDDED)}
    assert read_format().tokenizer_digest == file_sha256(BOTTLENECK)


def test_a_network_for_another_voice_is_refused(tmp_path):
    import onnx

    model = onnx.load(str(EMBEDDED))
    entries = {entry.key: json.loads(entry.value) for entry in model.metadata_props}
    onnx.helper.set_model_props(
        model, {key: json.dumps(value | {"voice_digest": "x"}) for key, value in entries.items()}
    )
    onnx.save(model, str(tmp_path / "prior.onnx"))
    with pytest.raises(BuildError, match="a different voice"):
        JoeVocoder(tmp_path / "prior.onnx")


def test_a_bottleneck_is_no_prior_network():
    with pytest.raises(BuildError, match="is not a prior network"):
        JoeVocoder(BOTTLENECK)
