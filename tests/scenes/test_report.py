import numpy as np
import pytest

from manifests.records import Event, TextTurn
from stages.scenes import TimingRow, timing_table
from stages.scenes.config import PaperTiming
from stages.scenes.draws import draw_timing
from stages.scenes.planning import Utterance, plan_scene


def row(rows: tuple[TimingRow, ...], transition: str) -> TimingRow:
    return next(row for row in rows if row.transition == transition)


def test_a_corpus_achieves_what_its_laws_ask_for() -> None:
    timing, draws = PaperTiming(), np.random.default_rng(1)
    scenes = []
    for _ in range(300):
        turns = [
            TextTurn("user" if index % 2 == 0 else "assistant", "a b c d", "", index == 4) for index in range(6)
        ]
        spoken = [Utterance(turn, 32_000) for turn in turns]
        scenes.append(plan_scene(spoken, draw_timing(turns, timing, draws).turns, 0, 16_000).events)
    rows = timing_table(iter(scenes), timing)
    user = row(rows, "user turn")
    assert user.law == "normal(0.5, 0.25) in [0, 1.5]"
    assert user.count == 300
    assert user.requested_mean_s == pytest.approx(0.5, abs=0.05)
    assert user.achieved_mean_s == pytest.approx(user.requested_mean_s, abs=1e-4)
    assert user.achieved_sd_s == pytest.approx(0.25, abs=0.03)
    assert row(rows, "assistant turn").count == 900
    assert row(rows, "assistant turn").achieved_sd_s == pytest.approx(0, abs=1e-9)
    assert row(rows, "interruption").count == 300
    assert all(one.worst_error_s is not None and one.worst_error_s <= 1 / 16_000 for one in rows)


def test_an_offset_that_was_not_kept_shows() -> None:
    scene = [Event("turn", "user", 0, 0.0, 1.0), Event("turn", "assistant", 1, 1.5, 2.0, 0.25)]
    late = row(timing_table([scene], PaperTiming()), "assistant turn")
    assert (late.requested_mean_s, late.achieved_mean_s, late.worst_error_s) == (0.25, 0.5, 0.25)


def test_what_never_happened_has_no_moments() -> None:
    never = row(timing_table([], PaperTiming()), "interruption")
    assert (never.count, never.requested_mean_s, never.worst_error_s) == (0, None, None)
