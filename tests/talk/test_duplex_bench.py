"""Full-Duplex-Bench's samples and scores: what is cut from a dialogue, and what counts as taking the turn."""

import numpy as np
import pytest

from manifests.records import Event, Word
from talk.evaluation.clips import ANSWER_S, LEAD_S, clips_of
from talk.evaluation.duplex_bench import (
    backchannel_outcome,
    histogram,
    outcome_of,
    summarise_task,
    takes_turn,
    with_punctuation,
    within_speech,
)
from training.evaluation.corpus import HeldOut, SaidTurn

TURNS = (("user", 1.0, 4.0), ("assistant", 4.3, 8.0), ("user", 6.0, 7.5), ("assistant", 8.2, 9.0))
EVENTS = (
    *(Event("turn", role, place, start, end) for place, (role, start, end) in enumerate(TURNS)),
    Event("pause", "user", 0, 2.0, 2.5),
    Event("backchannel", "assistant", 0, 2.1, 2.4),
    Event("interruption", "user", 2, 6.0, 6.4),
)


def dialogue(events=EVENTS):
    turns = tuple(SaidTurn(role, f"text {place}", start, end, False) for place, (role, start, end) in enumerate(TURNS))
    return HeldOut("a", "en", "joe", turns, events, np.zeros((0, 22), np.int32))


def words(*times):
    return [Word("word", start, end) for start, end in times]


def clips(events=EVENTS):
    return {clip.task: clip for clip in clips_of(3, dialogue(events))}


def test_a_dialogue_has_a_sample_of_every_task():
    assert set(clips()) == {"pause_handling", "backchannel", "smooth_turn_taking", "user_interruption"}
    assert {clip.dialogue for clip in clips().values()} == {3}


def test_a_pause_is_asked_about_up_to_the_end_of_the_turn():
    clip = clips()["pause_handling"]

    assert (clip.start_s, clip.end_s, clip.tail_s) == (1.0 - LEAD_S, 4.0, 0.0)
    assert clip.marks == (pytest.approx((1.4, 1.9)),)


def test_an_answer_has_time_and_ends_before_the_user_speaks_again():
    clip = clips()["smooth_turn_taking"]

    assert clip.turn == pytest.approx((LEAD_S, 3.0 + LEAD_S))
    assert clip.end_s < 6.0
    assert clip.end_s + clip.tail_s == pytest.approx(4.0 + ANSWER_S)


def test_an_answer_has_its_time_where_the_dialogue_ends_before_that():
    said = Event("turn", "user", 0, 1.0, 4.0), Event("turn", "assistant", 1, 4.3, 4.9)
    (clip,) = clips_of(0, dialogue(said))

    heard = clip.heard_in(np.ones(5 * 16_000, np.float32), 16_000)

    assert len(heard) / 16_000 + clip.tail_s == pytest.approx(LEAD_S + 3.0 + ANSWER_S)
    assert heard[: round(4.4 * 16_000)].all()
    assert not heard[round(4.4 * 16_000) :].any()


def test_an_interruption_comes_with_the_turn_before_it():
    clip = clips()["user_interruption"]

    assert (clip.context, clip.text) == ("text 0", "text 2")
    assert clip.turn == pytest.approx((5.0 + LEAD_S, 6.5 + LEAD_S))


def test_a_turn_that_begins_over_the_assistant_is_no_sample_unless_it_interrupts():
    found = [clip for clip in clips_of(0, dialogue(EVENTS[:4])) if clip.text == "text 2"]

    assert found == []


def test_a_word_lies_in_the_speech_that_holds_most_of_it():
    speech = [(2.0, 3.0), (4.0, 6.0)]

    heard = within_speech(words((0.0, 2.4), (2.4, 2.9), (2.95, 4.5), (5.5, 7.0), (8.0, 8.5)), speech)

    assert heard == words((2.0, 2.4), (2.4, 2.9), (4.0, 4.5), (5.5, 6.0), (8.0, 8.5))
    assert within_speech(words((0.0, 1.0)), []) == words((0.0, 1.0))


@pytest.mark.parametrize(
    ("said", "taken"),
    [
        ([], False),
        ([(1.0, 1.4)], False),
        ([(1.0, 1.2), (1.2, 1.4), (1.4, 1.6)], False),
        ([(1.0, 1.1), (1.1, 1.2), (1.2, 1.3), (1.3, 1.4)], True),
        ([(1.0, 2.1)], True),
    ],
)
def test_a_turn_is_taken_by_a_second_of_speech_or_four_words(said, taken):
    assert takes_turn(words(*said)) is taken


def test_punctuation_is_no_word_of_its_own():
    heard = [
        Word("-", 0.0, 0.1),
        Word("Mm-hm", 0.1, 0.3),
        Word(",", 0.3, 0.4),
        Word("yes", 0.4, 0.6),
        Word(".", 0.6, 2),
    ]

    assert with_punctuation(heard) == [Word("Mm-hm,", 0.1, 0.3), Word("yes.", 0.4, 0.6)]
    assert not takes_turn(with_punctuation(heard))


def test_no_answer_is_due_at_a_pause():
    assert outcome_of(words((0.5, 2.0)), None).latency_s is None
    assert outcome_of(words((0.5, 2.0)), None).took_turn


def test_latency_is_from_the_users_end_and_never_below_zero():
    assert outcome_of(words((2.5, 4.0)), 2.0).latency_s == pytest.approx(0.5)
    assert outcome_of(words((1.5, 4.0)), 2.0).latency_s == 0.0
    assert outcome_of([], 2.0).latency_s is None


def test_short_speech_while_the_user_speaks_is_a_backchannel_and_long_speech_takes_the_turn():
    reference = histogram([(1.0, 1.5)], 5.0)
    short = backchannel_outcome([(1.0, 1.5)], words((1.0, 1.4)), 5.0, reference)
    long = backchannel_outcome([(1.0, 2.5)], words((1.0, 2.4)), 5.0, reference)

    assert (short.took_turn, short.backchannels_per_s) == (False, pytest.approx(0.2))
    assert short.divergence == pytest.approx(0.0, abs=1e-3)
    assert (long.took_turn, long.backchannels_per_s, long.divergence) == (True, 0.0, 1.0)


def test_a_task_without_samples_has_no_means():
    score = summarise_task("backchannel", [])

    assert (score.samples, score.takeover_rate, score.latency_s) == (0, None, None)
