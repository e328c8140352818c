import pytest

from manifests.records import BackchannelMark, Role, TextTurn
from stages.scenes.draws import BackchannelDraw, FailedInterruptionDraw, InterruptionDraw, TurnDraw
from stages.scenes.placement import place
from stages.scenes.planning import ScenePlan, plan_scene
from stages.scenes.utterance import Border, Utterance
from stages.scenes.words import TimedWord
from tests.scenes.planned import RATE, TAIL, utterance

TEXT = "one two three four"
LEFT = TurnDraw(0.0)


def turns(count: int, text: str = TEXT, seconds: float = 4.0) -> list[Utterance]:
    return [utterance("user" if index % 2 == 0 else "assistant", text, seconds) for index in range(count)]


def plan(said: list[Utterance], draws: list[TurnDraw], backchannels: tuple[Utterance, ...] = ()) -> ScenePlan:
    return plan_scene(said, backchannels, draws, TAIL, RATE)


def spans(scene: ScenePlan) -> list[tuple[int, int]]:
    return [(placement.start_samples, placement.end_samples) for placement in scene.placements]


def interrupting(onset: float, reaction_s: float, offset_s: float = 0.0) -> TurnDraw:
    return TurnDraw(offset_s, interruption=InterruptionDraw(onset, reaction_s))


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


def test_a_turn_never_starts_before_the_one_it_answers_nor_runs_into_its_own_speaker() -> None:
    scene = plan(turns(3), [TurnDraw(0.0), TurnDraw(-9.0), TurnDraw(-9.0)])
    assert spans(scene) == [(0, 4000), (0, 4000), (4300, 8300)]
    assert scene.notes == ("offset_clamped", "offset_clamped")


def test_an_interrupting_user_starts_at_a_word_and_the_assistant_stops_after_its_reaction() -> None:
    scene = plan(turns(4), [LEFT, LEFT, interrupting(0.5, 0.2, 9.0), LEFT])
    cut = scene.placements[1]
    # 15 letters over 4 s: "two" ends and "three" starts at 1.6 s, which is nearest to the middle.
    assert (cut.start_samples, cut.end_samples, cut.cut) == (4000, 5800, True)
    assert cut.text == "one two"
    assert [word.text for word in cut.words] == ["one", "two"]
    assert spans(scene)[2:] == [(5600, 9600), (9600, 13600)]
    interruption = next(event for event in scene.events if event.kind == "interruption")
    assert (interruption.role, interruption.turn, interruption.offset_s, interruption.onset) == ("user", 2, 0.2, 0.4)
    assert (interruption.start_s, interruption.end_s) == (5.6, 5.8)
    # The interrupting turn's onset came from the interruption, not from an offset.
    assert next(event for event in scene.events if event.kind == "turn" and event.turn == 2).offset_s is None


def test_a_word_that_ends_at_the_cut_was_spoken() -> None:
    assert plan(turns(3, "ab cd"), [LEFT, LEFT, interrupting(0.5, 0.0)]).placements[1].text == "ab"


def test_an_early_interruption_still_leaves_the_first_word() -> None:
    scene = plan(turns(3), [LEFT, LEFT, interrupting(0.0, 0.0)])
    assert scene.placements[1].text == "one"


def test_a_turn_of_one_word_is_not_interrupted() -> None:
    scene = plan(turns(3, "Yes."), [LEFT, LEFT, interrupting(0.5, 0.0, 0.4)])
    assert scene.notes == ("interruption_dropped",)
    assert not scene.placements[1].cut
    assert spans(scene)[2] == (8400, 12400)
    assert all(event.kind == "turn" for event in scene.events)


def test_an_assistant_that_ends_before_it_would_stop_is_not_cut() -> None:
    scene = plan(turns(3), [LEFT, LEFT, interrupting(0.8, 5.0)])
    assert scene.notes == ("interruption_after_end",)
    assert scene.placements[1].text == TEXT
    assert not scene.placements[1].cut
    event = next(event for event in scene.events if event.kind == "interruption")
    assert (event.end_s, event.offset_s) == (8.0, None)
    assert event.onset is not None


def test_only_a_user_after_an_assistant_can_interrupt() -> None:
    said = [utterance("user", TEXT, 4), utterance("user", TEXT, 4)]
    scene = plan(said, [LEFT, interrupting(0.5, 0.0, 0.1)])
    assert scene.notes == ("interruption_dropped", "offset_clamped")
    assert spans(scene) == [(0, 4000), (4300, 8300)]


def test_who_is_stopped_between_two_phrases_has_ended_with_the_first() -> None:
    said = [*turns(1), utterance("assistant", "one two, three four", 4, silences={2: (1.8, 2.4)}), *turns(1)]
    scene = plan(said, [LEFT, LEFT, interrupting(0.2, 1.25)])
    # "two," starts at 0.75 s; 1.25 s later the assistant is silent after it.
    assert spans(scene)[1:] == [(4000, 5800), (4750, 8750)]
    assert scene.placements[1].text == "one two,"
    interruption = next(event for event in scene.events if event.kind == "interruption")
    assert (interruption.start_s, interruption.end_s, interruption.offset_s) == (4.75, 5.8, 1.25)


def test_a_failed_interruption_is_given_up_at_a_word_end_and_the_turn_said_when_the_floor_is_free() -> None:
    draw = TurnDraw(0.2, failed_interruption=FailedInterruptionDraw(0.2, 1.5))
    scene = plan(turns(3), [LEFT, LEFT, draw])
    # The user starts with the assistant's "two" at 0.8 s and stops after "one two", 1.6 s long.
    (aside,) = scene.asides
    assert (aside.kind, aside.role, aside.turn, aside.clip) == ("failed_interruption", "user", 2, None)
    assert (aside.placement.start_samples, aside.placement.end_samples) == (4800, 6400)
    assert (aside.placement.text, aside.placement.cut) == ("one two", True)
    assert spans(scene) == [(0, 4000), (4000, 8000), (8200, 12200)]
    assert not scene.placements[1].cut
    event = next(event for event in scene.events if event.kind == "failed_interruption")
    assert (event.turn, event.start_s, event.end_s, event.offset_s, event.onset) == (2, 4.8, 6.4, 1.5, 0.2)


def test_an_attempt_ends_before_its_turn_begins() -> None:
    draw = TurnDraw(-2.0, failed_interruption=FailedInterruptionDraw(0.2, 9.0))
    scene = plan(turns(3), [LEFT, LEFT, draw])
    assert scene.asides[0].placement.text == "one"
    assert spans(scene)[2] == (6000, 10000)


def test_without_room_for_a_word_nothing_is_tried() -> None:
    draw = TurnDraw(0.0, failed_interruption=FailedInterruptionDraw(0.9, 0.5))
    scene = plan(turns(3, "Yes."), [LEFT, LEFT, draw])
    assert (scene.asides, scene.notes) == ((), ("failed_interruption_dropped",))


def test_an_attempt_never_says_the_whole_turn() -> None:
    draw = TurnDraw(0.2, failed_interruption=FailedInterruptionDraw(0.2, 9.0))
    assistant = utterance("assistant", TEXT, 9.0)
    scene = plan([*turns(1), assistant, utterance("user", "one two", 2.0)], [LEFT, LEFT, draw])
    assert scene.asides[0].placement.text == "one"
    alone = plan([*turns(1), assistant, utterance("user", "Stop!", 1.0)], [LEFT, LEFT, draw])
    assert (alone.asides, alone.notes) == ((), ("failed_interruption_dropped",))


SILENCES = {2: (1.8, 2.0)}


@pytest.mark.parametrize(("pause_s", "moved"), [(0.5, 300), (0.2, 0), (0.1, -100), (0.0, -200)])
def test_a_pause_takes_the_place_of_the_silence_at_its_border(pause_s: float, moved: int) -> None:
    said = [utterance("user", "one two, three four", 4, silences=SILENCES)]
    scene = plan(said, [TurnDraw(1.0, pauses=((0, pause_s),))])
    (placement,) = scene.placements
    assert placement.end_samples == 5000 + moved
    event = next(event for event in scene.events if event.kind == "pause")
    assert (event.role, event.turn, event.start_s, event.offset_s) == ("user", 0, 2.8, pause_s)
    assert event.end_s == pytest.approx(2.8 + pause_s)
    plain = utterance("user", "one two, three four", 4).words
    for number, (word, at) in enumerate(zip(placement.words, plain, strict=True)):
        assert word.end_samples == 1000 + at.end_samples + (moved if number >= 2 else 0)


def test_what_stands_after_a_cut_has_no_pause() -> None:
    silences = {1: (0.75, 0.75), 2: (1.625, 1.625)}
    said = [*turns(1), utterance("assistant", "one, two, three four", 4, silences=silences), *turns(1)]
    draws = [LEFT, TurnDraw(0.0, pauses=((0, 0.5), (1, 0.5))), interrupting(0.3, 1.0)]
    scene = plan(said, draws)
    assert scene.placements[1].text == "one, two,"
    assert [event.kind for event in scene.events if event.turn == 1] == ["turn", "pause"]


def test_a_pause_with_no_sound_after_it_is_none_although_a_word_without_length_is() -> None:
    words = (TimedWord("one,", 4, 0, 5), TimedWord("two,", 9, 5, 5), TimedWord("three", 15, 8, 16))
    borders = (Border(1, 5, 5), Border(2, 5, 8))
    turn = TextTurn("assistant", "one, two, three", "one, two, three")
    stopped = place(Utterance(turn, 16, words, borders), 100, [(0, 0.4)], RATE).cut_at(507)
    assert stopped is not None
    assert (stopped.end_samples, stopped.pauses, len(stopped.pieces)) == (105, (), 1)


def test_a_pause_behind_the_last_word_that_is_said_is_none() -> None:
    assistant = utterance("assistant", "one two, three four", 4, silences=SILENCES)
    draws = [LEFT, TurnDraw(0.0, pauses=((0, 0.5),)), interrupting(0.2, 2.0)]
    scene = plan([*turns(1), assistant, *turns(1)], draws)
    # Stopped after "two,", the pause and the beginning of "three", at 2.75 s.
    assert (scene.placements[1].text, scene.placements[1].end_samples) == ("one two,", 6750)
    assert [event.kind for event in scene.events if event.turn == 1] == ["turn"]


RIGHT = utterance("user", "right", 0.3)
PHRASES = utterance("assistant", "one two, three four", 4, silences=SILENCES)


def listening(role: Role, *drawn: BackchannelDraw, said: Utterance = PHRASES) -> ScenePlan:
    return plan([*turns(1), said, *turns(1)], [LEFT, TurnDraw(0.0, backchannels=drawn), LEFT], (RIGHT,))


def test_a_backchannel_follows_a_phrase_of_the_other_and_takes_no_floor() -> None:
    scene = listening("user", BackchannelDraw(0, 0.2, 0.0))
    (aside,) = scene.asides
    # "two," ends at 1.75 s of the assistant's turn.
    assert (aside.placement.start_samples, aside.placement.end_samples) == (5950, 6250)
    assert (aside.kind, aside.role, aside.turn, aside.clip) == ("backchannel", "user", 1, 0)
    assert spans(scene) == [(0, 4000), (4000, 8000), (8000, 12000)]
    event = next(event for event in scene.events if event.kind == "backchannel")
    assert (event.role, event.turn, event.start_s, event.end_s, event.offset_s) == ("user", 1, 5.95, 6.25, 0.2)


def test_where_a_phrase_end_leaves_no_room_a_word_end_is_taken() -> None:
    first, second = BackchannelDraw(0, 0.2, 0.0), BackchannelDraw(0, 0.2, 0.0)
    starts = [aside.placement.start_samples for aside in listening("user", first, second).asides]
    assert starts == [4950, 5950]


def test_without_a_phrase_end_a_word_end_is_taken() -> None:
    scene = listening("user", BackchannelDraw(0, 0.1, 0.99), said=utterance("assistant", TEXT, 4))
    # The last but one of four words ends after 11 of 15 letters.
    assert scene.asides[0].placement.start_samples == 4000 + 2933 + 100


def test_a_backchannel_where_nothing_leaves_room_is_dropped_with_a_note() -> None:
    scene = listening("user", BackchannelDraw(0, 3.9, 0.0))
    assert (scene.asides, scene.notes) == ((), ("backchannel_dropped:user",))


def test_a_marked_backchannel_stands_where_the_script_says_or_nowhere() -> None:
    assert listening("user", BackchannelDraw(0, 0.1, 0.0, 1)).asides[0].placement.start_samples == 4850
    assert listening("user", BackchannelDraw(0, 0.1, 0.0, 4)).notes == ("backchannel_dropped:user",)


def scripted(*draws: TurnDraw, interrupts: bool = False) -> ScenePlan:
    """Plan a dialogue whose assistant turn has a marked backchannel at 5.15 to 5.45 s."""
    listened = TurnDraw(0.0, backchannels=(BackchannelDraw(0, 0.4, 0.0, 1),))
    said = [*turns(1), PHRASES, utterance("user", TEXT, 4, interrupts=interrupts)]
    return plan(said, [LEFT, listened, *draws], (RIGHT,))


def test_a_backchannel_to_words_that_were_cut_off_is_not_due() -> None:
    draws = [LEFT, TurnDraw(0.0, backchannels=(BackchannelDraw(0, 0.1, 0.0, 3),)), interrupting(0.2, 0.0)]
    scene = plan([*turns(1), PHRASES, utterance("user", TEXT, 4, interrupts=True)], draws, (RIGHT,))
    assert (scene.asides, scene.notes) == ((), ())


def test_a_failed_interruption_takes_the_room_that_marked_backchannels_leave() -> None:
    scene = scripted(TurnDraw(0.2, failed_interruption=FailedInterruptionDraw(0.2, 0.8)))
    assert [aside.kind for aside in scene.asides] == ["backchannel", "failed_interruption"]
    marked, attempt = (aside.placement for aside in scene.asides)
    assert (marked.start_samples, marked.end_samples) == (5150, 5450)
    # The nearest word to 4.8 s, at 4.75 s, stands too close.
    assert attempt.start_samples == 5750


def test_an_interruption_that_was_sampled_comes_after_what_the_script_marks() -> None:
    sampled, written = (scripted(interrupting(0.2, 0.0), interrupts=interrupts) for interrupts in (False, True))
    assert [aside.placement.start_samples for aside in sampled.asides] == [5150]
    assert spans(sampled)[2][0] == 5750
    assert written.asides == ()
    assert spans(written)[2][0] == 4750


def test_an_interruption_that_would_take_a_marked_backchannels_place_is_dropped() -> None:
    listened = TurnDraw(0.0, backchannels=(BackchannelDraw(0, 0.1, 0.0, 3),))
    scene = plan([*turns(1), PHRASES, *turns(1)], [LEFT, listened, interrupting(0.2, 0.0, 0.3)], (RIGHT,))
    assert [aside.kind for aside in scene.asides] == ["backchannel"]
    assert scene.notes == ("interruption_dropped",)
    assert spans(scene)[2] == (8300, 12300)


def test_a_mark_is_written_as_characters_before_it() -> None:
    mark = BackchannelMark(after=len("one two,"), text="right")
    assert PHRASES.turn.text[: mark.after] == "one two,"
