"""What is drawn stands where it was heard."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.records import Aside, Event, PlacedTurn, Scene, Slot
from previews.timeline import signed, timeline_of
from previews.waveform import GAMMA, MOST_BINS, bins_for, levels, outline


def scene(turns: tuple[PlacedTurn, ...], events: tuple[Event, ...], seconds: float = 10.0) -> Scene:
    samples = np.zeros((int(8000 * seconds), 2), np.float32)
    samples[8000:16000, 0] = 0.5
    samples[16000:24000, 1] = -0.25
    return Scene(Slot(0, "d", "train"), "en", "s", 8000, samples, turns, events, None, "characters")


def turn(role: str, start_s: float, end_s: float, cut: bool = False) -> PlacedTurn:
    return PlacedTurn(role, "hello", "hello", "v", start_s, end_s, (), "engine", cut)  # type: ignore[arg-type]


DIALOGUE = scene(
    (turn("user", 1, 2), turn("assistant", 2.5, 6, cut=True), turn("user", 5.6, 7), turn("assistant", 6.8, 9)),
    (
        Event("turn", "user", 0, 1, 2),
        Event("turn", "assistant", 1, 2.5, 6, 0.5),
        Event("turn", "user", 2, 5.6, 7),
        Event("interruption", "user", 2, 5.6, 6, 0.4),
        Event("turn", "assistant", 3, 6.8, 9, -0.2),
    ),
)


def test_bars_stand_where_turns_were_spoken() -> None:
    bars = timeline_of(DIALOGUE).bars
    assert [(bar.role, bar.left, bar.width, bar.cut) for bar in bars] == [
        ("user", 10, 10, False),
        ("assistant", 25, 35, True),
        ("user", 56, 14, False),
        ("assistant", 68, 22, False),
    ]


def test_gaps_overlaps_and_interruptions_are_marked_once_with_what_was_achieved() -> None:
    marks = timeline_of(DIALOGUE).marks
    assert [(mark.kind, mark.label, mark.left, mark.width) for mark in marks] == [
        ("gap", "+0.50 s", 20, 5),
        ("interruption", "stops after 0.40 s", 56, 4),
        ("overlap", "−0.20 s", 68, 2),
    ]
    assert marks[2].title == "−0.20 s, drawn −0.20 s"


def test_an_assistant_that_stops_without_delay_is_said_to() -> None:
    (mark,) = timeline_of(scene((turn("user", 1, 2),), (Event("interruption", "user", 0, 1, 1, 0.0),))).marks
    assert (mark.label, mark.width) == ("stops at once", 0)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.321, "+0.32 s"), (-0.2, "−0.20 s"), (0.0, "0.00 s"), (-0.001, "0.00 s")]
)
def test_signed_seconds(seconds: float, text: str) -> None:
    assert signed(seconds) == text


@pytest.mark.parametrize("seconds", [0.5, 3, 30, 149, 900])
def test_the_axis_has_round_ticks_and_not_too_many(seconds: float) -> None:
    ticks = timeline_of(scene((), (), seconds)).ticks
    assert ticks[0].label == "0:00"
    assert len(ticks) <= 17
    assert ticks[-1].left <= 100


def test_both_waves_share_one_scale_and_keep_their_own_peak() -> None:
    user, assistant = timeline_of(DIALOGUE).waves
    assert (user.peak_level, assistant.peak_level) == (0.5, 0.25)
    assert "L75 0L" in user.peak
    assert f"L125 {100 - round(100 * 0.5**GAMMA)}L" in assistant.peak


def test_a_silent_or_empty_scene_is_a_flat_line() -> None:
    empty = Scene(Slot(0, "d", "train"), "en", "s", 8000, np.zeros((0, 2), np.float32), (), (), None, "characters")
    wave = timeline_of(empty).waves[0]
    assert wave.peak == "M0 100L0 100Z"


@given(st.lists(st.floats(-1, 1, width=32), max_size=60), st.integers(1, 80))
def test_levels_are_the_peak_and_rms_of_each_part(samples: list[float], bins: int) -> None:
    channel = np.array(samples, np.float32)
    edges = np.linspace(0, len(channel), bins + 1).astype(int)
    peaks, rms = levels(channel, bins)
    for position in range(bins):
        part = channel[edges[position] : edges[position + 1]].astype(np.float64)
        assert peaks[position] == pytest.approx(np.abs(part).max(initial=0))
        assert rms[position] == pytest.approx(np.sqrt(np.mean(part**2)) if len(part) else 0, abs=1e-6)


def test_long_dialogues_get_wider_bins_not_more() -> None:
    assert bins_for(2) == 100
    assert bins_for(3600) == MOST_BINS


def test_an_outline_is_mirrored_about_its_middle() -> None:
    assert outline(np.array([0, 1, 0], np.float32)) == "M0 100L1 0L2 100L2 100L1 200L0 100Z"


def test_asides_have_bars_and_marks_among_the_turns_in_order_of_onset() -> None:
    listening = Aside("backchannel", "user", 1, "right", "v", 3.0, 3.5, (), "characters")
    event = Event("backchannel", "user", 1, 3.0, 3.5, 0.2)
    timeline = timeline_of(replace(DIALOGUE, asides=(listening,), events=(*DIALOGUE.events, event)))
    assert [(bar.line, bar.role, bar.left) for bar in timeline.bars] == [
        (0, "user", 10),
        (1, "assistant", 25),
        (2, "user", 30),
        (3, "user", 56),
        (4, "assistant", 68),
    ]
    assert ("backchannel", "backchannel 0.50 s", 30) in [(mark.kind, mark.label, mark.left) for mark in timeline.marks]
    assert ("gap", "+0.50 s", 20) in [(mark.kind, mark.label, mark.left) for mark in timeline.marks]
