from itertools import accumulate, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.records import TextTurn
from stages.scenes.draws import TurnDraw, draw_timing
from stages.scenes.planning import ScenePlan, Utterance, plan_scene
from stages.scenes.profile import load_profile
from stages.scenes.words import TimedWord
from stages.written_words import split_words
from tests.scenes.profiles import profile

RATE = 1000
TAIL = 800
TEXT = "one two three four"


def turns(count: int, *interrupting: int, text: str = TEXT) -> list[TextTurn]:
    return [
        TextTurn("user" if index % 2 == 0 else "assistant", text, text, index in interrupting) for index in range(count)
    ]


def spread(text: str, speech_samples: int) -> tuple[TimedWord, ...]:
    written = split_words(text)
    reached = list(accumulate((len(word.text) for word in written), initial=0))
    places = [speech_samples * place // max(reached[-1], 1) for place in reached]
    return tuple(
        TimedWord(word.text, word.end, start, end) for word, (start, end) in zip(written, pairwise(places), strict=True)
    )


def utterance(turn: TextTurn, speech_samples: int) -> Utterance:
    """Words abut and last as long as they are written."""
    return Utterance(turn, speech_samples, spread(turn.text, speech_samples))


def plan(said: list[TextTurn], draws: list[TurnDraw], seconds: float = 4.0) -> ScenePlan:
    return plan_scene([utterance(turn, round(seconds * RATE)) for turn in said], draws, TAIL, RATE)


def spans(scene: ScenePlan) -> list[tuple[int, int]]:
    return [(placement.start_samples, placement.end_samples) for placement in scene.placements]


def test_turns_follow_each_other_at_their_offsets() -> None:
    scene = plan(turns(3), [TurnDraw(0.5), TurnDraw(0.0), TurnDraw(0.25)])
    assert spans(scene) == [(500, 4500), (4500, 8500), (8750, 12750)]
    assert scene.length_samples == 12750 + TAIL
    assert [(event.kind, event.role, event.turn, event.offset_s) for event in scene.events] == [
        ("turn", "user", 0, None),
        ("turn", "assistant", 1, 0.0),
        ("turn", "user", 2, 0.25),
    ]


def test_a_negative_offset_overlaps() -> None:
    scene = plan(turns(2), [TurnDraw(0.5), TurnDraw(-0.3)])
    assert spans(scene)[1] == (4200, 8200)
    assert scene.notes == ()


def test_an_interrupted_assistant_stops_after_its_reaction_and_keeps_the_words_it_ended() -> None:
    draws = [TurnDraw(0.0), TurnDraw(0.0), TurnDraw(9.0, 0.5, 0.2), TurnDraw(0.0)]
    scene = plan(turns(4, 2), draws)
    cut = scene.placements[1]
    assert (cut.start_samples, cut.end_samples, cut.cut) == (4000, 6200, True)
    # 15 characters over 4 s: "two" ends at 1.6 s, "three" at 2.9 s, and the cut is at 2.2 s.
    assert cut.text == "one two"
    assert [word.text for word in cut.words] == ["one", "two"]
    assert spans(scene)[2:] == [(6000, 10000), (10000, 14000)]
    interruption = next(event for event in scene.events if event.kind == "interruption")
    assert (interruption.role, interruption.turn, interruption.offset_s) == ("user", 2, 0.2)
    assert (interruption.start_s, interruption.end_s) == (6.0, 6.2)
    # The interrupting turn's onset came from the interruption, not from an offset.
    assert next(event for event in scene.events if event.kind == "turn" and event.turn == 2).offset_s is None


def test_a_word_that_ends_at_the_cut_was_spoken() -> None:
    scene = plan(turns(3, 2, text="ab cd"), [TurnDraw(0.0), TurnDraw(0.0), TurnDraw(0.0, 0.5, 0.0)])
    assert scene.placements[1].text == "ab"


def test_an_interruption_before_the_first_word_is_dropped_with_a_note() -> None:
    draws = [TurnDraw(0.0), TurnDraw(0.0), TurnDraw(0.4, 0.1, 0.0)]
    scene = plan(turns(3, 2), draws)
    assert scene.notes == ("interruption_dropped",)
    assert not scene.placements[1].cut
    assert spans(scene)[2] == (8400, 12400)
    assert all(event.kind == "turn" for event in scene.events)


def test_an_assistant_that_ends_before_it_would_stop_is_not_cut() -> None:
    scene = plan(turns(3, 2), [TurnDraw(0.0), TurnDraw(0.0), TurnDraw(0.0, 0.8, 5.0)])
    assert scene.notes == ("interruption_after_end",)
    assert scene.placements[1].text == TEXT
    assert not scene.placements[1].cut


def test_only_a_user_after_an_assistant_can_interrupt() -> None:
    user_after_user = [TextTurn("user", TEXT, TEXT), TextTurn("user", TEXT, TEXT, interrupts=True)]
    scene = plan(user_after_user, [TurnDraw(0.0), TurnDraw(0.1, 0.5, 0.0)])
    assert scene.notes == ("interruption_dropped",)
    assert spans(scene) == [(0, 4000), (4100, 8100)]


def test_a_turn_never_starts_before_the_one_it_answers_nor_over_its_own_speaker() -> None:
    scene = plan(turns(3), [TurnDraw(0.0), TurnDraw(-9.0), TurnDraw(-9.0)])
    assert spans(scene) == [(0, 4000), (0, 4000), (4000, 8000)]
    assert scene.notes == ("offset_clamped", "offset_clamped")


SECONDS = st.floats(0.05, 8.0)
OFFSETS = st.floats(-3.0, 3.0)


@st.composite
def planned(draw: st.DrawFn) -> tuple[list[Utterance], list[TurnDraw], ScenePlan]:
    count = draw(st.integers(1, 10))
    texts = st.lists(st.sampled_from(["a", "word", "longer", "你好吗"]), min_size=1, max_size=12).map(" ".join)
    utterances, draws = [], []
    for index in range(count):
        text = draw(texts)
        role = "user" if index % 2 == 0 else "assistant"
        interrupts = role == "user" and index > 0 and draw(st.booleans())
        utterances.append(utterance(TextTurn(role, text, text, interrupts), round(draw(SECONDS) * RATE)))
        offset = draw(st.floats(0.0, 2.0)) if index == 0 else draw(OFFSETS)
        onset = draw(st.floats(0.0, 1.0)) if interrupts else None
        draws.append(TurnDraw(offset, onset, draw(st.floats(0.0, 1.0)) if interrupts else None))
    return utterances, draws, plan_scene(utterances, draws, TAIL, RATE)


@given(planned())
def test_speakers_never_talk_over_themselves(case: tuple[list[Utterance], list[TurnDraw], ScenePlan]) -> None:
    utterances, _, scene = case
    for role in ("user", "assistant"):
        own = [
            placement
            for utterance, placement in zip(utterances, scene.placements, strict=True)
            if utterance.turn.role == role
        ]
        assert all(before.end_samples <= after.start_samples for before, after in pairwise(own))


@given(planned())
def test_everything_lies_inside_the_scene(case: tuple[list[Utterance], list[TurnDraw], ScenePlan]) -> None:
    _, _, scene = case
    assert max(end for _, end in spans(scene)) + TAIL == scene.length_samples
    assert all(0 <= start < end for start, end in spans(scene))
    assert all(0 <= event.start_s <= event.end_s <= scene.length_samples / RATE for event in scene.events)
    assert [event.start_s for event in scene.events] == sorted(event.start_s for event in scene.events)


@given(planned())
def test_offsets_are_honoured_to_one_sample(case: tuple[list[Utterance], list[TurnDraw], ScenePlan]) -> None:
    _, draws, scene = case
    clamped = scene.notes.count("offset_clamped")
    missed = 0
    for event in scene.events:
        if event.kind != "turn" or event.offset_s is None:
            continue
        before = scene.placements[event.turn - 1].end_samples / RATE
        assert event.offset_s == draws[event.turn].offset_s
        missed += abs(event.start_s - before - event.offset_s) > 1 / RATE
    assert missed <= clamped


@given(planned())
def test_a_cut_turn_keeps_a_prefix_of_its_words_that_ends_by_the_cut(
    case: tuple[list[Utterance], list[TurnDraw], ScenePlan],
) -> None:
    utterances, _, scene = case
    for utterance, placement in zip(utterances, scene.placements, strict=True):
        assert utterance.turn.text.startswith(placement.text)
        assert placement.words
        assert placement.words[-1].end_samples <= placement.end_samples
        assert placement.text.endswith(placement.words[-1].text)
        if placement.cut:
            assert placement.end_samples - placement.start_samples < utterance.speech_samples
        else:
            assert placement.text == utterance.turn.text


@given(planned())
def test_a_cut_turn_is_one_that_was_interrupted(
    case: tuple[list[Utterance], list[TurnDraw], ScenePlan],
) -> None:
    _, _, scene = case
    stops = {event.turn - 1: event.end_s for event in scene.events if event.kind == "interruption"}
    for index, placement in enumerate(scene.placements):
        if placement.cut:
            assert stops[index] == placement.end_samples / RATE


def test_an_interrupting_turn_also_gets_an_ordinary_offset() -> None:
    draws = draw_timing(turns(4, 2), load_profile("paper"), np.random.default_rng(1)).turns
    assert draws[1].interruption_onset is None
    assert draws[2].interruption_onset is not None
    assert 0.25 <= draws[2].interruption_onset <= 0.85
    assert draws[2].reaction_s == 0
    assert draws[2].offset_s > 0


def test_redraws_are_counted_by_law() -> None:
    timing = profile("{profile: paper, floor_transfer_s: {user: {law: normal, mean: 0, sd: 1, min: 0}}}")
    redrawn = dict(draw_timing(turns(400), timing, np.random.default_rng(1)).redrawn)
    assert redrawn["floor_transfer_s.user"] == pytest.approx(200, abs=60)
    assert "floor_transfer_s.assistant" not in redrawn
