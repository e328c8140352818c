"""Onsets found on sound: the matching on numbers, then real speech planted in noise."""

import numpy as np
import pytest

from manifests.audio import resample
from manifests.randomness import generator
from stages.scenes.audit.audible import HeardUtterance, SpeechSpan, audible_speech, match_heard
from stages.speech import SpeechConfig, open_engine
from stages.speech.bounds import find_bounds

RATE = 16_000
CONFIG = SpeechConfig()


def test_an_utterance_is_heard_from_its_first_to_its_last_stretch():
    heard = match_heard(
        [SpeechSpan(1, 3), SpeechSpan(5, 6)], [SpeechSpan(1.01, 1.9), SpeechSpan(2.2, 2.98), SpeechSpan(5.02, 6.1)]
    )
    assert heard == [HeardUtterance(1.01, 2.98), HeardUtterance(5.02, 6.1)]


def test_utterances_that_run_into_each_other_have_no_border_between_them():
    assert match_heard([SpeechSpan(1, 2), SpeechSpan(2.05, 3)], [SpeechSpan(1.0, 3.0)]) == [
        HeardUtterance(1.0, None),
        HeardUtterance(None, 3.0),
    ]


def test_what_was_planned_and_is_not_heard_has_no_times():
    assert match_heard([SpeechSpan(1, 2)], []) == [HeardUtterance(None, None)]
    assert match_heard([SpeechSpan(1, 2)], [SpeechSpan(4, 5)]) == [HeardUtterance(None, None)]


def test_a_silent_channel_holds_no_speech():
    assert audible_speech(np.zeros(RATE, np.float32), RATE) == []


@pytest.mark.parametrize("snr_db", [None, 20.0])
def test_speech_planted_in_a_channel_is_heard_where_it_stands(snr_db):
    engine = open_engine(CONFIG.assistant, 0)
    clip = engine.synthesize("Could you tell me more about it?", "joe", "en", 1.0, generator(3, "speech"))
    engine.close()
    samples = resample(clip.samples, clip.rate, RATE)
    bounds = find_bounds(samples, RATE, CONFIG.vad)
    speech = samples[bounds.start : bounds.end]
    channel = np.zeros(12 * RATE, np.float32)
    places = (round(1.3 * RATE), round(6.25 * RATE))
    for place in places:
        channel[place : place + len(speech)] += speech
    if snr_db is not None:
        rms = np.sqrt(np.mean(speech**2)) * 10 ** (-snr_db / 20)
        channel += (rms * np.random.default_rng(0).standard_normal(len(channel))).astype(np.float32)
    planned = [SpeechSpan(place / RATE, (place + len(speech)) / RATE) for place in places]
    for plan, heard in zip(planned, match_heard(planned, audible_speech(channel, RATE)), strict=True):
        assert heard.start_s == pytest.approx(plan.start_s, abs=0.03)
        assert heard.end_s == pytest.approx(plan.end_s, abs=0.06)
