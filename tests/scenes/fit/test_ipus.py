"""Inter-pausal units (IPUs), backchannels, and how the floor goes between IPUs."""

import pytest
from pympi.Elan import Eaf

from stages.scenes.fit.conversation import Conversation, Interval
from stages.scenes.fit.ipus import Ipu, ipus_of
from stages.scenes.fit.transitions import FloorTransfer, OverlapInside, Pause, transitions


def ipus(*said: tuple[str, float, float] | tuple[str, float, float, str]) -> tuple[Ipu, ...]:
    return ipus_of(Conversation("talk", tuple(Interval(*one) for one in said)), "A", "B")


def spans(found: tuple[Ipu, ...]) -> list[tuple[str, float, float]]:
    return [(ipu.speaker, ipu.start_s, ipu.end_s) for ipu in found]


def test_silences_below_200_ms_and_overlaps_of_ones_own_are_merged() -> None:
    found = ipus(("A", 0, 1, "one"), ("A", 1.199, 2, "two"), ("A", 1.5, 1.8, "three"), ("A", 2.2, 3, "four"))
    assert spans(found) == [("A", 0, 2), ("A", 2.2, 3)]
    assert found[0].text == "one two three"
    assert found[0].inner_ends_s == (1, 1.8, 2)


@pytest.mark.parametrize(
    ("said", "is_one"),
    [
        ([("B", 1.9, 2.3)], True),  # inside the other's IPU
        ([("B", 2.9, 3.3)], True),  # in the other's pause
        ([("B", 1.9, 3.0)], False),  # too long
        ([("B", 1.9, 2.3, "mm hm right")], True),
        ([("B", 1.9, 2.3, "I did that too")], False),  # too many words
        ([("B", 1.9, 2.3, "嗯，对。")], True),
        ([("B", 1.9, 2.3, "我也是这样做的呀")], False),  # eight, though there is no space between them
        ([("B", 1.9, 2.3), ("B", 3.0, 3.4)], False),  # not alone
        ([("B", 7.2, 7.6)], False),  # the other does not go on
        ([("B", 0.1, 0.5)], True),
        ([("B", 5.9, 6.2)], True),
    ],
)
def test_a_backchannel_is_short_and_alone_and_the_other_goes_on(said, is_one: bool) -> None:
    found = ipus(("A", 0, 2.8), ("A", 3.4, 7), *said)
    assert next(ipu.backchannel for ipu in found if ipu.speaker == "B") is is_one
    assert not any(ipu.backchannel for ipu in found if ipu.speaker == "A")


def test_the_floor_goes_by_gaps_overlaps_and_pauses() -> None:
    talk = ipus(
        ("A", 0, 2), ("A", 2.5, 4), ("B", 4.2, 7), ("A", 6.7, 9), ("B", 7.2, 8.5), ("B", 9.5, 11), ("A", 11, 13)
    )
    pause, gap, overlap, inside, later_gap, no_gap = transitions(talk)
    assert (type(pause), pause.speaker, pause.duration_s) == (Pause, "A", 0.5)
    assert (type(inside), inside.speaker) == (OverlapInside, "B")
    assert (inside.duration_s, inside.onset) == pytest.approx((1.3, 0.5 / 2.3))
    transfers = (gap, overlap, later_gap, no_gap)
    assert {type(one) for one in transfers} == {FloorTransfer}
    assert [one.speaker for one in transfers] == ["B", "A", "B", "A"]
    assert [one.offset_s for one in transfers] == pytest.approx([0.2, -0.3, 0.5, 0.0])


def test_backchannels_leave_the_floor_where_it_is() -> None:
    found = list(transitions(ipus(("A", 0, 3), ("B", 3.1, 3.4), ("A", 3.6, 6))))
    assert [(type(one), one.speaker) for one in found] == [(Pause, "A")]
    assert found[0].before.end_s == 3


def test_pympi_counts_the_same_gaps_overlaps_and_pauses() -> None:
    import numpy as np

    rng, at, said = np.random.default_rng(5), 1000, []
    for turn in range(300):
        length = int(rng.integers(1500, 5000))
        said.append(("AB"[int(rng.random() < 0.7) ^ turn % 2], at, at + length))
        at += length + int(rng.integers(-900, 900))
    found = ipus(*((speaker, start / 1000, end / 1000) for speaker, start, end in said))
    elan = Eaf()
    for speaker in "AB":
        elan.add_tier(speaker)
    for ipu in found:
        elan.add_annotation(ipu.speaker, round(1000 * ipu.start_s), round(1000 * ipu.end_s))
    theirs = list(elan.get_gaps_and_overlaps2("A", "B"))
    ours = list(transitions(found))
    transfers = [one.offset_s for one in ours if isinstance(one, FloorTransfer)]
    assert sum(kind.startswith("P") for _, _, kind in theirs) == sum(isinstance(one, Pause) for one in ours)
    assert sum(kind.startswith("G") for _, _, kind in theirs) == sum(offset > 0 for offset in transfers)
    assert sum(kind.startswith("O") for _, _, kind in theirs) == sum(offset < 0 for offset in transfers)
    assert sum(kind.startswith("W") for _, _, kind in theirs) == sum(isinstance(one, OverlapInside) for one in ours)
