import numpy as np
import pytest

from manifests.card import RateRow, TimingRow
from manifests.records import Event
from stages.scenes import SceneTiming, planned_in, rate_table, timing_table
from stages.scenes.audit.measure import Measure
from stages.scenes.audit.report import Planned
from stages.scenes.profile import load_profile
from tests.scenes.planned import plan_with, utterance
from tests.scenes.profiles import profile

LIVELY = """
profile: human
floor_transfer_s: {user: {law: normal, mean: 0.3, sd: 0.1}, assistant: {law: normal, mean: 0.1, sd: 0.1}}
interruption: {rate: 0.2}
failed_interruption: {rate: 0.2}
"""


def row(rows: tuple[TimingRow, ...], what: str, role: str = "user") -> TimingRow:
    return next(row for row in rows if (row.what, row.role) == (what, role))


def table(scenes: list[list[Event]]) -> tuple[TimingRow, ...]:
    """Of profile `paper`, nothing heard."""
    paper = load_profile("paper")
    return timing_table(planned_in((SceneTiming(events, (), ()) for events in scenes), paper).values, {}, paper)


@pytest.fixture(scope="module")
def lively() -> Planned:
    """Of 400 dialogues of six turns of 4 s, forty words each."""
    timing = profile(LIVELY)
    text = " ".join(["word"] * 19 + ["word,"] + ["word"] * 20)
    turns = tuple(
        utterance("user" if index % 2 == 0 else "assistant", text, 4, silences={20: (1.95, 2.05)}) for index in range(6)
    )
    clips = (utterance("user", "right", 0.2), utterance("assistant", "right", 0.2))
    plans = (plan_with(turns, clips, timing, seed) for seed in range(400))
    told = (
        SceneTiming(plan.scene.events, [placed.text for placed in plan.scene.placements], plan.scene.notes)
        for plan in plans
    )
    return planned_in(told, timing)


@pytest.fixture(scope="module")
def rows(lively: Planned) -> tuple[TimingRow, ...]:
    return timing_table(lively.values, {}, profile(LIVELY))


@pytest.fixture(scope="module")
def rates(lively: Planned) -> tuple[RateRow, ...]:
    return rate_table(lively.rates, profile(LIVELY))


@pytest.mark.parametrize(
    ("what", "role"),
    [
        ("lead_s", "user"),
        ("floor_transfer_s", "user"),
        ("floor_transfer_s", "assistant"),
        ("interruption.onset", "user"),
        ("interruption.reaction_s", "user"),
        ("failed_interruption.give_up_s", "user"),
        ("pause.duration_s", "user"),
        ("pause.duration_s", "assistant"),
    ],
)
def test_a_corpus_achieves_what_its_laws_ask_for(rows: tuple[TimingRow, ...], what: str, role: str) -> None:
    found = row(rows, what, role)
    assert found.achieved is not None
    assert found.ks is not None
    noise = 1.63 / np.sqrt(found.count)  # of Kolmogorov's statistic, passed by one sample of a law in a hundred
    assert found.ks < noise + 0.1  # words are 0.1 s long, and onsets and ends stand at their borders
    assert found.achieved.mean == pytest.approx(found.requested.mean, abs=0.05)
    assert found.achieved.p50 == pytest.approx(found.requested.p50, abs=0.07)


def test_every_kind_is_counted(rows: tuple[TimingRow, ...]) -> None:
    assert row(rows, "floor_transfer_s", "assistant").count == 1200
    # 800 transfers to the user, of which a fifth interrupts.
    assert row(rows, "interruption.onset").count == pytest.approx(160, abs=40)
    assert row(rows, "floor_transfer_s", "user").count == 800 - row(rows, "interruption.onset").count
    assert row(rows, "failed_interruption.onset").count == pytest.approx(160, abs=40)
    assert row(rows, "pause.duration_s", "user").count == pytest.approx(0.65 * 1200, abs=60)
    assert row(rows, "backchannel.delay_s", "user").count > 400


def test_every_rate_is_compared_with_what_came_of_it(rates: tuple[RateRow, ...]) -> None:
    assert [(row.what, row.role) for row in rates] == [
        ("interruption.rate", "user"),
        ("failed_interruption.rate", "user"),
        ("backchannel.per_minute", "user"),
        ("backchannel.per_minute", "assistant"),
        ("pause.rate", "user"),
        ("pause.rate", "assistant"),
    ]
    for row in rates:
        assert row.by_chance is not None
        drawn = (row.came + row.dropped) / row.chances
        assert drawn == pytest.approx(row.requested, abs=2 * row.by_chance + 0.05 * row.requested)
    assert rates[0].chances == 800
    assert rates[4].chances == 1200
    assert rates[2].chances == pytest.approx(1200 * 4 / 60, rel=0.1)


@pytest.mark.parametrize("text", ["and so it goes on", "Yes."])
def test_who_is_to_interrupt_by_the_script_has_no_chance_to_fail_even_without_room(text: str) -> None:
    """A turn of one word leaves none: its interruption is dropped."""
    timing = load_profile("human")
    turns = tuple(utterance(("user", "assistant")[index % 2], text, 2.0, interrupts=index == 2) for index in range(6))
    scene = plan_with(turns, (), timing, 1).scene
    assert ("interruption_dropped" in scene.notes) == (text == "Yes.")
    told = SceneTiming(scene.events, (), ("interruption_by_script", *scene.notes))
    assert planned_in([told], timing).rates[Measure("failed_interruption.rate", "user")].chances == 1


def test_a_rate_that_nothing_came_of_stands_in_the_table() -> None:
    (row,) = rate_table({}, profile("{profile: paper, pause: {user: {rate: 0.5}}}"))
    assert (row.what, row.requested, row.came, row.achieved, row.by_chance) == ("pause.rate", 0.5, 0, None, None)


def test_an_interruption_that_stopped_nobody_has_an_onset_and_no_reaction() -> None:
    told = [
        Event("turn", "assistant", 0, 0.0, 4.0),
        Event("turn", "user", 1, 3.0, 5.0),
        Event("interruption", "user", 1, 3.0, 4.0, None, 0.75),
    ]
    found = table([told])
    assert (row(found, "interruption.onset").count, row(found, "interruption.reaction_s").count) == (1, 0)


@pytest.mark.parametrize(("end_s", "reaction_s"), [(3.5, 0.5), (2.75, 0.0)])
def test_a_reaction_reaches_to_the_end_of_the_turn_that_was_stopped(end_s: float, reaction_s: float) -> None:
    told = [
        Event("turn", "assistant", 0, 0.0, end_s),
        Event("turn", "user", 1, 3.0, 5.0),
        Event("interruption", "user", 1, 3.0, 3.9, 0.9, 0.75),
    ]
    achieved = row(table([told]), "interruption.reaction_s").achieved
    assert achieved is not None
    assert achieved.mean == reaction_s


def test_an_offset_that_was_not_kept_shows() -> None:
    scene = [Event("turn", "user", 0, 0.0, 1.0), Event("turn", "assistant", 1, 1.5, 2.0, 0.0)]
    late = row(
        table([scene]),
        "floor_transfer_s",
        "assistant",
    )
    assert (late.requested.mean, late.achieved.mean if late.achieved else None, late.ks) == (0.0, 0.5, 1.0)


def test_what_never_happened_has_no_achieved_figures() -> None:
    never = row(table([]), "interruption.reaction_s")
    assert (never.count, never.achieved, never.ks) == (0, None, None)
