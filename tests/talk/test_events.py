"""Events: who starts and stops when, and what an interruption is."""

import numpy as np

from talk.events import Floor, TalkEvent

FRAME_S = 0.1


def events(user="", assistant=""):
    """Events of two channels drawn as text, a letter to 100 ms: # speaks."""
    floor, found = Floor(FRAME_S), []
    for place in range(0, max(len(user), len(assistant)), 4):
        for role, channel in (("user", user), ("assistant", assistant)):
            voiced = np.array([letter == "#" for letter in channel[place : place + 4]], np.bool_)
            found += floor.push(role, voiced, place * FRAME_S)
    found += floor.finish()
    return [f"{event.role} {event.kind} {event.at_s:.1f}" for event in sorted(found, key=lambda one: one.at_s)]


def test_a_stretch_starts_and_stops():
    assert events(user="..###...") == ["user started 0.2", "user stopped 0.5"]


def test_a_short_silence_parts_nothing():
    assert events(assistant="#.##....") == ["assistant started 0.0", "assistant stopped 0.4"]
    assert events(assistant="#..#....")[1] == "assistant stopped 0.1"


def test_who_speaks_to_the_end_stops_there():
    assert events(user="....####") == ["user started 0.4", "user stopped 0.8"]


def test_the_assistant_is_interrupted_where_it_stops_for_the_user():
    assert events(user=".....#######....", assistant="##########......") == [
        "assistant started 0.0",
        "user started 0.5",
        "assistant stopped 1.0",
        "assistant interrupted 1.0",
        "user stopped 1.2",
    ]


def test_no_interruption_where_the_user_has_stopped_or_came_first_or_long_ago():
    for user, assistant in (
        (".##.............", "##########......"),
        ("##########......", "..####.........."),
        (".#######################....", "####################........"),
    ):
        assert not any("interrupted" in event for event in events(user, assistant))


def test_time_without_frames_is_silence():
    floor = Floor(FRAME_S)
    floor.push("assistant", np.array([True]), 0.0)

    assert floor.push("assistant", np.array([True]), 1.0) == [
        TalkEvent("assistant", "stopped", 0.1),
        TalkEvent("assistant", "started", 1.0),
    ]
