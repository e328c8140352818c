import numpy as np
import pytest

from manifests.card import TimingRow
from manifests.records import Event, TextTurn
from stages.scenes import timing_table
from stages.scenes.draws import draw_timing
from stages.scenes.planning import Utterance, plan_scene
from stages.scenes.profile import load_profile
from stages.scenes.words import TimedWord


def row(rows: tuple[TimingRow, ...], kind: str) -> TimingRow:
    return next(row for row in rows if row.kind == kind)


def test_a_corpus_achieves_what_its_laws_ask_for() -> None:
    timing, draws = load_profile("paper"), np.random.default_rng(1)
    scenes = []
    for _ in range(500):
        turns = [TextTurn("user" if index % 2 == 0 else "assistant", "a b c d", "", index == 4) for index in range(6)]
        words = tuple(TimedWord(word, 2 * at + 1, 8_000 * at, 8_000 * at + 8_000) for at, word in enumerate("abcd"))
        spoken = [Utterance(turn, 32_000, words) for turn in turns]
        scenes.append(plan_scene(spoken, draw_timing(turns, timing, draws).turns, 0, 16_000).events)
    rows = timing_table(iter(scenes), timing)
    user = row(rows, "user takes the next turn")
    assert user.count == 500
    assert user.requested_mean_s == pytest.approx(0.51, abs=0.01)
    assert user.achieved_mean_s == pytest.approx(user.requested_mean_s, abs=0.04)
    assert user.achieved_sd_s == pytest.approx(user.requested_sd_s, abs=0.03)
    assistant = row(rows, "assistant answers")
    assert (assistant.count, assistant.requested_mean_s) == (1500, 0.0)
    assert (assistant.achieved_mean_s, assistant.achieved_sd_s) == pytest.approx((0, 0), abs=1e-9)
    assert row(rows, "interrupted assistant stops").count == 500


def test_an_offset_that_was_not_kept_shows() -> None:
    scene = [Event("turn", "user", 0, 0.0, 1.0), Event("turn", "assistant", 1, 1.5, 2.0, 0.0)]
    late = row(timing_table([scene], load_profile("paper")), "assistant answers")
    assert (late.requested_mean_s, late.achieved_mean_s) == (0.0, 0.5)


def test_what_never_happened_has_no_achieved_moments() -> None:
    never = row(timing_table([], load_profile("paper")), "interrupted assistant stops")
    assert (never.count, never.achieved_mean_s, never.achieved_sd_s) == (0, None, None)
