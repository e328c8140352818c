"""New voices out of the pool's: the law of blends, on tables of our own."""

import numpy as np
import pytest

from stages.speech.blends import TIMBRE_DIMS, draw_blends
from stages.speech.engine_config import KokoroUsers
from stages.speech.kokoro import read_voices

TABLES = np.random.default_rng(5).normal(size=(5, 7, 1, 256)).astype(np.float32)


def test_weights_are_convex():
    for blend in draw_blends(TABLES, 20, seed=1):
        for weights in (blend.timbre, blend.prosody):
            assert weights.min() >= 0
            assert weights.sum() == pytest.approx(1)


def test_a_blend_has_the_timbre_of_one_mixture_and_the_prosody_of_another():
    blend = draw_blends(TABLES, 1, seed=1)[0]
    table = blend.of(TABLES)
    assert (table.shape, table.dtype) == ((7, 1, 256), np.float32)
    expected = sum(weight * one for weight, one in zip(blend.prosody, TABLES, strict=True))
    np.testing.assert_allclose(table[..., TIMBRE_DIMS:], expected[..., TIMBRE_DIMS:], rtol=1e-4, atol=1e-5)


def test_the_same_name_is_the_same_voice_however_many_blends_there_are():
    few, many = draw_blends(TABLES, 3, seed=1), draw_blends(TABLES, 30, seed=1)
    assert all(np.array_equal(a.timbre, b.timbre) for a, b in zip(few, many, strict=False))


def test_blends_follow_the_runs_seed():
    assert not np.allclose(draw_blends(TABLES, 1, seed=1)[0].timbre, draw_blends(TABLES, 1, seed=2)[0].timbre)


def test_kokoros_voices_differ_from_each_other_in_style_and_pace():
    voices = read_voices(KokoroUsers(engine="kokoro", blends=12), seed=0)
    styles = np.stack([voice.style.mean(axis=(0, 1)) for voice in voices.values()])
    distances = np.linalg.norm(styles[:, None] - styles[None], axis=-1) + np.eye(len(styles)) * 1e9
    pool = distances[:5, :5].min()
    assert len(voices) == 17
    assert distances.min() > 0.2 * pool
    assert len({voice.speed for voice in voices.values()}) == 17
    assert all(0.92 <= voice.speed <= 1.08 for voice in voices.values())
