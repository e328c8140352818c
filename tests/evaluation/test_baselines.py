"""What the baselines score is known beforehand: that is why a score they reach proves nothing."""

import numpy as np
import pytest

from tests.evaluation.test_turn_taking import EVENTS, RATE
from training.evaluation.baselines import TalkHabits, always_silent, always_talking, at_random, habits_of
from training.evaluation.moments import moments_of, user_turns_of
from training.evaluation.turn_taking import add_up, keep_floor, react, summarise

FRAMES = 400


def scores(voiced, task):
    return summarise([react(moment, voiced, RATE) for moment in moments_of(EVENTS) if moment.task == task])


def floor(voiced):
    return add_up([keep_floor(turn, voiced, RATE) for turn in user_turns_of(EVENTS)])


def test_who_always_talks_answers_every_time_yields_never_and_speaks_over_every_turn():
    talking = always_talking(FRAMES)

    assert scores(talking, "assistant_takes").acc == (1, 1, 1, 1)
    assert scores(talking, "assistant_takes").mean_ms == pytest.approx(0)
    assert scores(talking, "assistant_takes").before == 1
    assert scores(talking, "user_takes").acc == (0, 0, 0, 0)
    assert floor(talking).per_turn == 1
    assert scores(talking, "assistant_keeps").left == 0


def test_who_is_always_silent_yields_every_time_answers_never_and_starts_no_turn_falsely():
    silent = always_silent(FRAMES)

    assert scores(silent, "assistant_takes").acc == (0, 0, 0, 0)
    assert scores(silent, "assistant_takes").mean_ms is None
    assert scores(silent, "user_takes").acc == (1, 1, 1, 1)
    assert floor(silent).per_turn == 0
    assert scores(silent, "assistant_keeps").left == 1


def test_habits_are_the_mean_stretches_of_speech_and_silence():
    first, second = np.zeros(100, bool), np.zeros(60, bool)
    first[20:50] = second[10:20] = True

    habits = habits_of([first, second])

    assert habits == TalkHabits(20, 30)
    assert habits.talk_share == pytest.approx(0.4)


def test_speech_without_silence_has_no_habits():
    with pytest.raises(ValueError, match="1 dialogues hold 1 stretches of speech and 0 of silence"):
        habits_of([np.ones(10, bool)])


def test_random_talk_keeps_the_habits_and_follows_the_seed():
    habits = TalkHabits(20, 30)
    long = at_random(100_000, habits, 1, 0)

    assert long.mean() == pytest.approx(0.4, abs=0.03)
    assert habits_of([long]).talk_frames == pytest.approx(20, rel=0.1)
    assert np.array_equal(at_random(50, habits, 1, 0), at_random(50, habits, 1, 0))
    assert not np.array_equal(at_random(500, habits, 1, 0), at_random(500, habits, 2, 0))
    assert not np.array_equal(at_random(500, habits, 1, 0), at_random(500, habits, 1, 1))
