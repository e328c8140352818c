"""The loop on its clock: offline and live say the same, and a slow machine loses nothing of the user's."""

import numpy as np
import pytest

from talk.clock import SkippingClock, WallClock, paced
from talk.conversation import UNIT_S, Conversation
from talk.pace import Pace
from talk.session import CHUNK_S, CHUNK_SAMPLES, COMPUTE_S, LOOKAHEAD_S, VOCODER_S
from tests.talk.scripted_sessions import WrittenSession
from tests.talk.small_talkers import speech_like

SPEECH = speech_like(3.2).reshape(-1, CHUNK_SAMPLES)


class ScriptedClock:
    """A clock on which each answer takes so many seconds."""

    def __init__(self, answers_s):
        self._answers_s = iter(answers_s)
        self._now_s = 0.0
        self._began = False

    def now_s(self):
        if self._began:
            self._now_s += next(self._answers_s)
        self._began = True
        return self._now_s

    def wait_until(self, time_s):
        self._now_s = max(self._now_s, time_s)


def converse(talker, clock, live, chunks=SPEECH, seed=5):
    return list(Conversation(talker.session(seed), live).answer(paced(chunks, clock), clock))


def test_offline_and_live_say_the_same(talker):
    offline = converse(talker, SkippingClock(), live=False, chunks=SPEECH[:3])
    live = converse(talker, WallClock(), live=True, chunks=SPEECH[:3])

    for one, other in zip(offline, live, strict=True):
        assert np.array_equal(one.chunk.units, other.chunk.units)
        assert np.array_equal(one.chunk.sound, other.chunk.sound)
        assert one.chunk.text == other.chunk.text


def test_a_machine_in_time_is_never_late(talker):
    answers = converse(talker, ScriptedClock([0.15] * 4), live=True, chunks=SPEECH[:4])

    assert [answered.delay_s for answered in answers] == pytest.approx([0.15] * 4)
    assert not any(answered.late for answered in answers)
    assert [answered.played.start_s for answered in answers] == pytest.approx([0.6, 1.0, 1.4, 1.8])


def test_an_overloaded_machine_says_so_hears_everything_and_catches_up(talker):
    answers = converse(talker, ScriptedClock([0.1, 1.0, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]), live=True)
    pace = Pace()
    said = [line for line in map(pace.note, answers) if line]

    assert np.array_equal(np.stack([answered.user for answered in answers]), SPEECH)
    assert [answered.delay_s for answered in answers] == pytest.approx([0.1, 1.0, 0.7, 0.4, 0.1, 0.1, 0.1, 0.1])
    assert (pace.chunks, pace.late, pace.behind_s) == (8, 3, pytest.approx(1.0))
    assert len(said) == 2
    assert "0.8 s: the machine is overloaded: the answer came 1.00 s after its chunk" in said[0]
    assert said[1] == "2.0 s: caught up"


def test_late_sound_is_heard_late_live_and_on_its_budget_offline(talker):
    answers_s = [0.1, 0.9, 0.1]
    live = converse(talker, ScriptedClock(answers_s), live=True, chunks=SPEECH[:3])
    offline = converse(talker, ScriptedClock(answers_s), live=False, chunks=SPEECH[:3])

    assert live[1].played.start_s == pytest.approx(1.7)
    assert [answered.played.start_s for answered in offline] == pytest.approx([0.6, 1.0, 1.4])
    assert [answered.late for answered in offline] == [answered.late for answered in live] == [False, True, True]


def test_events_stand_where_they_are_heard(talker):
    conversation = Conversation(talker.session(), live=False)
    clock = SkippingClock()
    events = [event for answered in conversation.answer(paced(SPEECH, clock), clock) for event in answered.events]
    _, _, last = conversation.finish()
    at_s = {(event.role, event.kind): event.at_s for event in reversed([*events, *last])}

    assert at_s["user", "started"] < 0.4
    assert at_s["assistant", "started"] == pytest.approx(0.68)


def test_an_assistant_that_speaks_to_the_end_stops_behind_its_last_unit():
    conversation = Conversation(WrittenSession(np.zeros((3, 10), bool), np.ones((3, 10), bool)), live=False)
    clock = SkippingClock()
    list(conversation.answer(paced(SPEECH[:3], clock), clock))
    (stopped,) = [event for event in conversation.finish()[2] if event.kind == "stopped"]
    assert stopped.at_s == pytest.approx(HEARD_LATER_S + 3 * CHUNK_S)


HEARD_LATER_S = CHUNK_S + COMPUTE_S + VOCODER_S
"""From a unit's place in the grid of chunks to when it is played."""


def interruptions(user_from_s, user_until_s, assistant_until_s, chunks=12):
    """When the assistant was interrupted who speaks from the beginning, times as they are heard."""
    middles_s = (np.arange(10 * chunks) + 0.5) * UNIT_S
    hears = (middles_s - LOOKAHEAD_S > user_from_s) & (middles_s - LOOKAHEAD_S < user_until_s)
    says = middles_s + HEARD_LATER_S < assistant_until_s
    conversation = Conversation(WrittenSession(hears.reshape(-1, 10), says.reshape(-1, 10)), live=False)
    clock = SkippingClock()
    sound = np.zeros((chunks, CHUNK_SAMPLES), np.float32)
    events = [event for answered in conversation.answer(paced(sound, clock), clock) for event in answered.events]
    return [event.at_s for event in [*events, *conversation.finish()[2]] if event.kind == "interrupted"]


PHASES_S = np.arange(1.2, 1.6, UNIT_S)
"""Of the user's beginning, within a chunk."""


@pytest.mark.parametrize("goes_on_s", [0.08, 0.24, 0.4, 0.72])
def test_who_has_stopped_before_the_assistant_does_has_not_interrupted_it(goes_on_s):
    for begins_s in PHASES_S:
        stops_s = begins_s + 0.32
        assert interruptions(begins_s, stops_s, stops_s + goes_on_s) == []


@pytest.mark.parametrize("goes_on_s", [0.04, 0.4, 1.6])
def test_who_speaks_over_the_assistants_stop_has_interrupted_it(goes_on_s):
    for begins_s in PHASES_S:
        stop_s = begins_s + 0.6
        assert interruptions(begins_s, stop_s + goes_on_s, stop_s) == [pytest.approx(stop_s)]


def test_who_begins_as_the_assistant_stops_has_not_interrupted_it():
    for begins_s in PHASES_S:
        assert interruptions(begins_s, begins_s + 1.0, begins_s) == []
