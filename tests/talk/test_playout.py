"""When sound is played: on its budget, late when it is late, and on its budget again after enough silence."""

import numpy as np
import pytest

from talk.playout import Playout

RATE = 1000
SPEECH = np.ones(400, np.float32)
SILENCE = np.zeros(400, np.float32)


def play(*answers):
    """Starts and lengths of chunks given as (sound, seconds after the user's chunk was whole)."""
    playout = Playout(RATE)
    played = [
        playout.place(sound, 0.4 * (index + 1), 0.4 * (index + 1) + delay_s)
        for index, (sound, delay_s) in enumerate(answers)
    ]
    return [(pytest.approx(one.start_s), len(one.sound)) for one in played]


def test_sound_that_is_there_in_time_is_played_on_its_budget():
    assert play((SPEECH, 0.0), (SPEECH, 0.2), (SILENCE, 0.1)) == [(0.6, 400), (1.0, 400), (1.4, 400)]


def test_late_speech_is_played_whole_and_what_follows_waits_for_it():
    assert play((SPEECH, 0.5), (SPEECH, 0.1)) == [(0.9, 400), (1.3, 400)]


def test_silence_makes_lost_time_good():
    assert play((SPEECH, 0.5), (SILENCE, 0.1), (SPEECH, 0.1)) == [(0.9, 400), (1.3, 100), (1.4, 400)]


def test_silence_around_speech_makes_good_what_it_can():
    around = np.concatenate([np.zeros(50), np.ones(250), np.zeros(100)]).astype(np.float32)
    playout = Playout(RATE)
    playout.place(SPEECH, 0.4, 0.7)
    played = playout.place(around, 0.8, 0.9)

    assert (played.skipped, len(played.sound)) == (50, 300)
    assert np.array_equal(played.sound, around[50:350])
