import numpy as np
import pytest

from manifests.records import BackchannelMark
from stages.scenes.draws import TimingDraws, TurnDraw, draw_timing
from stages.scenes.utterance import Utterance
from tests.scenes.planned import RATE, utterance
from tests.scenes.profiles import profile

PAPER = "{profile: paper}"
TEXT = "one two, three four"


def turns(count: int, *interrupting: int, seconds: float = 4.0) -> list[Utterance]:
    return [
        utterance(
            "user" if index % 2 == 0 else "assistant",
            TEXT,
            seconds,
            interrupts=index in interrupting,
            silences={2: (1.6, 1.8)},
        )
        for index in range(count)
    ]


def drawn(said: list[Utterance], text: str, clips: tuple[Utterance, ...] = (), seed: int = 1) -> TimingDraws:
    return draw_timing(said, clips, profile(text), RATE, np.random.default_rng(seed))


def after_assistant(draws: TimingDraws) -> list[TurnDraw]:
    return list(draws.turns[2::2])


def test_an_interrupting_turn_also_gets_an_ordinary_offset() -> None:
    draws = drawn(turns(4, 2), PAPER).turns
    assert draws[1].interruption is None
    assert draws[2].interruption is not None
    assert 0.25 <= draws[2].interruption.onset <= 0.85
    assert draws[2].interruption.reaction_s == 0
    assert draws[2].offset_s > 0


def test_paper_draws_nothing_but_offsets_where_the_script_says_nothing() -> None:
    draws = drawn(turns(200), PAPER, (utterance("user", "right", 0.3),)).turns
    assert all(draw == TurnDraw(draw.offset_s) for draw in draws)


def test_redraws_are_counted_by_law() -> None:
    text = "{profile: paper, floor_transfer_s: {user: {law: normal, mean: 0.0, sd: 1.0, min: 0.0}}}"
    redrawn = dict(drawn(turns(800), text).redrawn)
    assert redrawn["floor_transfer_s.user"] == pytest.approx(400, abs=80)
    assert "floor_transfer_s.assistant" not in redrawn


def test_interruptions_that_succeed_and_fail_have_their_rates() -> None:
    text = "{profile: human, interruption: {rate: 0.3}, failed_interruption: {rate: 0.2}}"
    draws = after_assistant(drawn(turns(8001), text))
    assert sum(draw.interruption is not None for draw in draws) == pytest.approx(1200, abs=100)
    assert sum(draw.failed_interruption is not None for draw in draws) == pytest.approx(800, abs=100)
    assert not any(draw.interruption and draw.failed_interruption for draw in draws)


def test_where_the_script_marks_interruptions_there_are_no_others() -> None:
    draws = drawn(turns(401, 6), "{profile: human, interruption: {rate: 0.9}}", CLIPS)
    assert [index for index, draw in enumerate(draws.turns) if draw.interruption] == [6]
    assert draws.notes == ("interruption_by_script",)


def test_pauses_stand_at_their_share_of_the_borders_of_their_role() -> None:
    text = "{profile: human, pause: {user: {rate: 0.5}, assistant: {rate: 0.0}}}"
    draws = drawn(turns(4000), text).turns
    assert sum(len(draw.pauses) for draw in draws[::2]) == pytest.approx(1000, abs=90)
    assert not any(draw.pauses for draw in draws[1::2])


CLIPS = (utterance("user", "right", 0.3), utterance("user", "yeah", 0.3), utterance("assistant", "okay", 0.3))
LISTENING = "{profile: paper, backchannel: {user: {per_minute: 6}, assistant: {per_minute: 3}}}"


def test_backchannels_come_by_the_minute_of_the_others_speech() -> None:
    draws = drawn(turns(2000), LISTENING, CLIPS).turns
    # 1000 turns of 4 s each: 67 minutes.
    assert sum(len(draw.backchannels) for draw in draws[1::2]) == pytest.approx(400, abs=60)
    assert sum(len(draw.backchannels) for draw in draws[::2]) == pytest.approx(200, abs=45)


def test_a_listener_says_each_of_its_clips_before_any_again() -> None:
    draws = drawn(turns(200), LISTENING, CLIPS).turns
    user = [each.clip for draw in draws[1::2] for each in draw.backchannels]
    assert user[:6] == [0, 1, 0, 1, 0, 1]
    assert {each.clip for draw in draws[::2] for each in draw.backchannels} == {2}


def test_a_role_without_clips_says_nothing() -> None:
    draws = drawn(turns(200), LISTENING, CLIPS[:2]).turns
    assert not any(draw.backchannels for draw in draws[::2])


def test_what_no_clip_was_spoken_for_is_noted_once_a_dialogue() -> None:
    assert drawn(turns(20), LISTENING).notes == ("backchannel_no_clip:assistant", "backchannel_no_clip:user")
    assert drawn(turns(20), LISTENING, CLIPS).notes == ()
    assert drawn(turns(20), PAPER).notes == ()


def test_where_the_script_marks_a_roles_backchannels_it_says_no_others() -> None:
    said = turns(40)
    marks = (BackchannelMark(len("one two,"), "yeah"), BackchannelMark(len("one two, three"), "never spoken"))
    said[1] = utterance("assistant", TEXT, 4, marks=marks)
    draws = drawn(said, LISTENING, CLIPS)
    of_user = [(index, each.clip, each.words) for index in range(1, 40, 2) for each in draws.turns[index].backchannels]
    assert of_user == [(1, 1, 2)]
    assert draws.notes == ("backchannel_by_script:user", "backchannel_unspoken")
    assert any(draw.backchannels for draw in draws.turns[::2])


def test_the_same_generator_gives_the_same_draws() -> None:
    busy = "{profile: human, interruption: {rate: 0.3}, failed_interruption: {rate: 0.2}}"
    assert drawn(turns(20), busy, CLIPS, seed=5) == drawn(turns(20), busy, CLIPS, seed=5)
    assert drawn(turns(20), busy, CLIPS, seed=5) != drawn(turns(20), busy, CLIPS, seed=6)
