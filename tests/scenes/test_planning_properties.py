"""What holds of every plan, whatever the durations, words and draws."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import pairwise

from hypothesis import given

from manifests.records import Role
from stages.scenes.asides import APART_S, PlacedAside
from stages.scenes.draws import TurnDraw
from stages.scenes.placement import Placement, place
from stages.scenes.planning import ScenePlan, plan_scene
from tests.scenes.planned import BUSY_PROFILE, RATE, TAIL, Planned, plan_with, planned, utterance

EVERY_KIND = {"turn", "interruption", "failed_interruption", "backchannel", "pause"}


def said_by(case: Planned, role: Role) -> list[Placement]:
    placements = [*case.scene.placements, *(aside.placement for aside in case.scene.asides)]
    own = [placement for placement in placements if placement.utterance.turn.role == role]
    return sorted(own, key=lambda placement: placement.start_samples)


@given(planned())
def test_no_speaker_runs_into_its_own_speech_so_at_most_two_speak_at_once(case: Planned) -> None:
    apart = round(APART_S * RATE)
    for role in ("user", "assistant"):
        assert all(before.end_samples + apart <= after.start_samples for before, after in pairwise(said_by(case, role)))


@given(planned())
def test_everything_lies_inside_the_scene(case: Planned) -> None:
    scene = case.scene
    placements = [*said_by(case, "user"), *said_by(case, "assistant")]
    assert max(placement.end_samples for placement in placements) + TAIL == scene.length_samples
    assert all(0 <= placement.start_samples < placement.end_samples for placement in placements)
    assert all(0 <= event.start_s <= event.end_s <= scene.length_samples / RATE for event in scene.events)
    assert [event.start_s for event in scene.events] == sorted(event.start_s for event in scene.events)


@given(planned())
def test_what_is_heard_is_a_prefix_of_what_is_written_and_has_ended_by_the_end(case: Planned) -> None:
    for placement in [*said_by(case, "user"), *said_by(case, "assistant")]:
        turn = placement.utterance.turn
        assert turn.text.startswith(placement.text)
        assert placement.words
        assert placement.text.endswith(placement.words[-1].text)
        assert placement.words[-1].end_samples <= placement.end_samples
        assert placement.cut or placement.text == turn.text
        starts = [word.start_samples for word in placement.words]
        assert starts == sorted(starts)
        assert starts[0] >= placement.start_samples


@given(planned())
def test_pieces_of_a_clip_are_in_order_and_never_said_twice(case: Planned) -> None:
    for placement in [*said_by(case, "user"), *said_by(case, "assistant")]:
        for before, after in pairwise(placement.pieces):
            assert before.end_samples <= after.start_samples
            assert before.in_scene(before.end_samples) <= after.at_samples
        last = placement.pieces[-1]
        assert last.in_scene(last.end_samples) == placement.end_samples
        assert all(piece.start_samples <= piece.end_samples for piece in placement.pieces)


@given(planned())
def test_offsets_are_honoured_to_one_sample(case: Planned) -> None:
    missed = 0
    for event in case.scene.events:
        if event.kind != "turn" or event.offset_s is None:
            continue
        before = case.scene.placements[event.turn - 1].end_samples / RATE
        assert event.offset_s == case.draws.turns[event.turn].offset_s
        missed += abs(event.start_s - before - event.offset_s) > 1 / RATE
    assert missed <= case.scene.notes.count("offset_clamped")


@given(planned())
def test_pauses_last_as_long_as_was_drawn(case: Planned) -> None:
    for event in case.scene.events:
        if event.kind == "pause":
            assert event.offset_s is not None
            assert abs(event.end_s - event.start_s - event.offset_s) <= 1 / RATE
            turn = case.scene.placements[event.turn]
            assert turn.start_samples <= round(event.start_s * RATE)
            assert round(event.end_s * RATE) <= turn.end_samples


@given(planned())
def test_every_pause_stands_at_a_border_between_two_words_that_are_heard(case: Planned) -> None:
    for placement in case.scene.placements:
        inside = sum(border.words < placement.words_said for border in placement.utterance.borders)
        assert len(placement.pauses) <= inside
        assert all(pause.end_samples <= placement.words[-1].end_samples for pause in placement.pauses)


@given(planned())
def test_a_cut_turn_is_one_that_was_interrupted_and_ends_where_the_event_says_that_it_stops(case: Planned) -> None:
    interruptions = {event.turn - 1: event for event in case.scene.events if event.kind == "interruption"}
    assert {index for index, placement in enumerate(case.scene.placements) if placement.cut} <= interruptions.keys()
    for index, event in interruptions.items():
        placement = case.scene.placements[index]
        assert (event.offset_s is not None) == placement.cut
        # Who is silent at the onset already, between two phrases, has stopped at once.
        assert round(event.end_s * RATE) == max(placement.end_samples, round(event.start_s * RATE))


@given(planned())
def test_whatever_word_began_before_the_interruption_is_heard(case: Planned) -> None:
    """So the times of the words that are heard tell nothing of the interruption before it begins."""
    for index, (placement, after) in enumerate(pairwise(case.scene.placements)):
        if placement.words_said < len(placement.utterance.words):
            pauses = case.draws.turns[index].pauses
            whole = place(placement.utterance, placement.start_samples, pauses, RATE)
            assert whole.word_start(placement.words_said) >= after.start_samples


@given(planned())
def test_backchannels_lie_inside_the_others_turn_clear_of_all_other_asides(case: Planned) -> None:
    apart = round(APART_S * RATE)
    backchannels = [aside for aside in case.scene.asides if aside.kind == "backchannel"]
    for aside in backchannels:
        turn = case.scene.placements[aside.turn]
        assert turn.utterance.turn.role != aside.role
        assert turn.start_samples <= aside.placement.start_samples
        assert aside.placement.end_samples <= turn.end_samples
        assert not aside.placement.cut
        others = [placement for placement in said_by(case, aside.role) if placement is not aside.placement]
        for other in others:
            assert (
                other.end_samples + apart <= aside.placement.start_samples
                or aside.placement.end_samples + apart <= other.start_samples
            )
    assert all(
        before.placement.end_samples + apart <= after.placement.start_samples
        for before, after in pairwise(backchannels)
    )


@given(planned())
def test_a_failed_interruption_lies_inside_the_turn_that_goes_on(case: Planned) -> None:
    for aside in case.scene.asides:
        if aside.kind == "failed_interruption":
            before = case.scene.placements[aside.turn - 1]
            assert before.start_samples < aside.placement.start_samples
            assert aside.placement.end_samples <= before.end_samples
            assert not before.cut
            assert aside.placement.utterance is case.turns[aside.turn]
            assert len(aside.placement.text) < len(case.turns[aside.turn].turn.text)


def marked(scene: ScenePlan, draws: Sequence[TurnDraw], turns: range) -> list[PlacedAside]:
    """Return the backchannels of some turns whose draws say that the script marks them."""
    of_script = {(index, drawn.clip) for index in turns for drawn in draws[index].backchannels if drawn.marked}
    return [aside for aside in scene.asides if (aside.turn, aside.clip) in of_script]


@given(planned())
def test_no_sampled_aside_takes_the_place_of_a_marked_backchannel(case: Planned) -> None:
    every = range(len(case.turns))
    scripted = [
        replace(
            draw,
            failed_interruption=None,
            backchannels=tuple(drawn for drawn in draw.backchannels if drawn.marked),
        )
        for draw in case.draws.turns
    ]
    without = plan_scene(case.turns, case.backchannels, scripted, TAIL, RATE)
    assert marked(case.scene, case.draws.turns, every) == marked(without, case.draws.turns, every)


@given(planned())
def test_no_sampled_interruption_takes_the_place_of_a_marked_backchannel(case: Planned) -> None:
    interrupting = {event.turn for event in case.scene.events if event.kind == "interruption"}
    for index, draw in enumerate(case.draws.turns):
        if index in interrupting and not case.turns[index].turn.interrupts:
            later = [*case.draws.turns[:index], replace(draw, interruption=None, offset_s=9.0)]
            without = plan_scene(case.turns[: index + 1], case.backchannels, later, TAIL, RATE)
            left = marked(case.scene, case.draws.turns, range(index))
            assert all(aside in left for aside in marked(without, case.draws.turns, range(index)))


@given(planned())
def test_asides_and_their_events_tell_the_same(case: Planned) -> None:
    told = [
        (event.kind, event.role, event.turn, event.start_s, event.end_s)
        for event in case.scene.events
        if event.kind in ("backchannel", "failed_interruption")
    ]
    seen = [
        (aside.kind, aside.role, aside.turn, aside.placement.start_samples / RATE, aside.placement.end_samples / RATE)
        for aside in case.scene.asides
    ]
    assert sorted(told) == sorted(seen)


def test_the_same_seed_gives_the_same_scene_as_ever() -> None:
    turns = tuple(
        utterance(role, "one two, three four five, six", 4.0, silences={2: (1.2, 1.3), 5: (3.0, 3.2)})
        for role in ("user", "assistant") * 10
    )
    clips = utterance("user", "right", 0.3), utterance("assistant", "okay", 0.3)
    scene = plan_with(turns, clips, BUSY_PROFILE, 7).scene
    assert {event.kind for event in scene.events} == EVERY_KIND
    told = json.dumps([[asdict(event) for event in scene.events], scene.length_samples, scene.notes])
    assert hashlib.sha256(told.encode()).hexdigest()[:16] == "426fcb4cc4ee30ce"
