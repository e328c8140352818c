"""Turn-taking scores on sequences made by hand, at 25 frames a second."""

import numpy as np
import pytest

from manifests.records import Event
from training.evaluation.moments import Moment, UserTurn, moments_of, user_turns_of
from training.evaluation.turn_taking import KS, add_up, keep_floor, react, summarise

RATE = 25.0


def voiced(*spans, frames=200):
    array = np.zeros(frames, bool)
    for start, end in spans:
        array[start:end] = True
    return array


def turn(index, role, start_s, end_s):
    return Event("turn", role, index, start_s, end_s)


@pytest.mark.parametrize("place", range(len(KS)))
def test_the_kth_token_after_the_users_end_is_looked_at_and_no_other(place):
    frame = 50 + KS[place] - 1
    reaction = react(Moment("assistant_takes", "turn", 2.0), voiced((frame, frame + 1)), RATE)

    assert reaction.right == tuple(number == place for number in range(len(KS)))
    assert reaction.response_s == pytest.approx((KS[place] - 1) / RATE)


@pytest.mark.parametrize("place", range(len(KS)))
def test_the_kth_token_after_the_users_onset_must_be_silent(place):
    frame = 50 + KS[place] - 1
    talking = ~voiced((frame, frame + 1))
    reaction = react(Moment("user_takes", "interruption", 2.0), talking, RATE)

    assert reaction.right == tuple(number == place for number in range(len(KS)))
    assert reaction.response_s == pytest.approx((KS[place] - 1) / RATE)


def test_the_first_token_after_an_end_inside_a_frame_is_the_next_frame():
    inside = react(Moment("assistant_takes", "turn", 2.01), voiced((51, 200)), RATE)
    at_border = react(Moment("assistant_takes", "turn", 2.04), voiced((51, 200)), RATE)

    assert inside.right == at_border.right == (True, True, True, True)
    assert inside.response_s == pytest.approx(0.03)
    assert at_border.response_s == 0


@pytest.mark.parametrize(("at_s", "frame", "reacts"), [(2.0, 87, True), (2.0, 88, False), (2.02, 88, True)])
def test_a_reaction_after_more_than_one_and_a_half_seconds_is_none(at_s, frame, reacts):
    reaction = react(Moment("assistant_takes", "turn", at_s), voiced((frame, 200)), RATE)

    assert (reaction.response_s is not None) == reacts
    if reacts:
        assert reaction.response_s == pytest.approx(frame / RATE - at_s)


def test_a_reaction_after_exactly_one_and_a_half_seconds_counts():
    reaction = react(Moment("assistant_takes", "turn", 2.02), voiced((88, 200)), RATE)

    assert reaction.response_s == pytest.approx(1.5)


def test_the_mean_response_is_over_the_reactions_alone():
    moments = [Moment("assistant_takes", "turn", 2.0)] * 3
    arrays = [voiced((55, 200)), voiced((60, 200)), voiced()]
    summary = summarise([react(moment, array, RATE) for moment, array in zip(moments, arrays, strict=True)])

    assert summary.moments == 3
    assert summary.reacted == pytest.approx(2 / 3)
    assert summary.mean_ms == pytest.approx((200 + 400) / 2)
    assert summary.acc == pytest.approx((0, 0, 1 / 3, 2 / 3))


def test_no_moments_have_no_shares():
    summary = summarise([])

    assert summary.moments == 0
    assert summary.acc == (None,) * len(KS)
    assert summary.mean_ms is None


def test_tokens_behind_the_end_of_what_is_known_are_not_judged():
    reaction = react(Moment("assistant_takes", "turn", 2.0), voiced(frames=60), RATE)

    assert reaction.right == (False, False, False, None)
    assert summarise([reaction]).acc == (0, 0, 0, None)


def test_who_had_reacted_before_the_moment_is_told_apart():
    talking = react(Moment("assistant_takes", "turn", 2.0), voiced((40, 200)), RATE)
    silent = react(Moment("assistant_takes", "turn", 2.0), voiced((50, 200)), RATE)

    assert talking.right == silent.right
    assert (talking.before, silent.before) == (True, False)


def test_the_frame_in_which_the_moment_lies_is_neither_before_nor_after_it():
    at_once = react(Moment("assistant_takes", "turn", 2.01), voiced((50, 51)), RATE)

    assert not at_once.before
    assert at_once.response_s is None


EVENTS = (
    turn(0, "user", 0.5, 2.0),
    turn(1, "assistant", 2.2, 6.0),
    Event("backchannel", "user", 1, 3.0, 3.4, 0.2),
    Event("failed_interruption", "user", 2, 4.0, 4.8, 0.8, 0.5),
    turn(2, "user", 6.5, 8.0),
    Event("backchannel", "assistant", 2, 7.0, 7.3, 0.1),
    turn(3, "assistant", 8.1, 10.0),
    turn(4, "user", 9.6, 11.0),
    Event("interruption", "user", 4, 9.6, 10.0, 0.4, 0.8),
    turn(5, "assistant", 11.2, 13.0),
    turn(6, "user", 12.8, 14.0),
)


def test_every_event_asks_for_what_the_assistant_should_do():
    assert moments_of(EVENTS) == (
        Moment("assistant_takes", "turn", 2.0),
        Moment("assistant_keeps", "backchannel", 3.0, 6.0),
        Moment("assistant_keeps", "failed_interruption", 4.0, 6.0),
        Moment("assistant_takes", "turn", 8.0),
        Moment("user_takes", "interruption", 9.6),
        Moment("assistant_takes", "interruption", 11.0),
        Moment("user_takes", "turn", 12.8),
    )


def test_an_answer_that_begins_before_the_users_end_leads_by_so_much():
    early = (turn(0, "user", 0.5, 2.0), turn(1, "assistant", 1.75, 6.0))

    assert moments_of(early) == (Moment("assistant_takes", "turn", 2.0, lead_s=0.25),)


def test_an_assistant_that_goes_on_under_a_backchannel_is_right():
    on, stopped = voiced((50, 150)), voiced((50, 80))
    moment = Moment("assistant_keeps", "backchannel", 3.0, 6.0)

    assert react(moment, on, RATE).right == (True, True, True, True)
    assert react(moment, on, RATE).left_s is None
    assert react(moment, stopped, RATE).right == (True, True, False, False)
    assert react(moment, stopped, RATE).left_s == pytest.approx(0.2)


def test_nothing_is_asked_of_the_assistant_behind_the_end_of_the_turn_it_keeps():
    moment = Moment("assistant_keeps", "backchannel", 5.7, 6.0)
    reaction = react(moment, voiced((50, 150)), RATE)

    assert reaction.right == (True, True, None, None)
    assert reaction.left_s is None


def test_speech_while_the_user_holds_the_floor_is_a_false_start():
    (first, *_) = user_turns_of(EVENTS)

    kept = keep_floor(first, voiced((50, 100)), RATE)
    early = keep_floor(first, voiced((30, 100)), RATE)

    assert (kept.user_turns, kept.false_starts) == (1, 0)
    assert kept.minutes == pytest.approx(37 / RATE / 60)
    assert (early.false_starts, early.turns_spoken_over) == (1, 1)


def test_a_backchannel_takes_no_floor():
    held = UserTurn(1.0, 5.0, 1.0)

    short = keep_floor(held, voiced((50, 75)), RATE)
    longer = keep_floor(held, voiced((50, 76)), RATE)
    reaching_out = keep_floor(held, voiced((120, 130)), RATE)

    assert (short.false_starts, short.backchannels) == (0, 1)
    assert (longer.false_starts, longer.backchannels) == (1, 0)
    assert (reaching_out.false_starts, reaching_out.backchannels) == (1, 0)


def test_short_silence_does_not_part_a_false_start():
    held = UserTurn(1.0, 7.0, 1.0)

    assert keep_floor(held, voiced((30, 70), (74, 110)), RATE).false_starts == 1
    assert keep_floor(held, voiced((30, 70), (75, 115)), RATE).false_starts == 2


def test_the_assistant_may_take_its_time_to_yield_before_its_speech_is_a_false_start():
    interrupting = user_turns_of(EVENTS)[2]
    assert interrupting == UserTurn(9.6, 11.0, 11.1)
    longer = UserTurn(2.0, 6.0, 3.5)

    assert keep_floor(interrupting, np.ones(400, bool), RATE).user_turns == 0
    assert keep_floor(longer, voiced((0, 87)), RATE).false_starts == 0
    assert keep_floor(longer, voiced((0, 100)), RATE).false_starts == 1


def test_false_starts_are_rated_per_minute_and_per_turn():
    held = UserTurn(0.0, 6.0, 0.0)
    together = add_up([keep_floor(held, voiced((30, 70), (75, 115)), RATE), keep_floor(held, voiced(), RATE)])

    assert together.per_turn == pytest.approx(0.5)
    assert together.per_minute == pytest.approx(2 / 0.2)
