"""The timing that the card shows: what was asked for, planned and heard."""

from dataclasses import replace

import pytest

from manifests.records import NoiseMix, Scene
from pipeline.artefacts import Artefacts
from pipeline.storage import Store
from pipeline.timing_report import TimingReport, report_timing
from tests.pipeline.published_scenes import config, publish, scenes_of

ASSISTANT = {"profile": "assistant", "interruption": {"rate": 0.0}, "backchannel": {"assistant": {"per_minute": 0}}}


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return scenes_of(config(ASSISTANT))


def reported(folder, scenes: list[Scene], **check: object) -> TimingReport:
    said = config(ASSISTANT, **check)
    facts = publish(folder, scenes, said)
    return report_timing(said, Artefacts(Store(str(folder))), facts)


def test_every_law_is_shown_as_asked_for_as_planned_and_as_heard(tmp_path, scenes):
    report = reported(tmp_path, scenes)
    rows = {(row.what, row.role): row for row in report.rows}
    answers = rows["floor_transfer_s", "assistant"]
    assert (
        answers.count == answers.heard_count == sum(turn.role == "assistant" for each in scenes for turn in each.turns)
    )
    assert answers.heard.p50 == pytest.approx(answers.achieved.p50, abs=0.06)
    assert answers.heard.p50 == pytest.approx(answers.requested.p50, abs=0.15)
    never = rows["interruption.reaction_s", "user"]
    assert (never.count, never.achieved, never.heard_count, never.plot) == (0, None, 0, "")
    assert never.requested.mean > 0


def test_every_rate_that_is_asked_for_is_shown_with_what_came(tmp_path, scenes):
    rates = {(row.what, row.role): row for row in reported(tmp_path, scenes).rates}
    assert set(rates) == {("backchannel.per_minute", "user"), ("pause.rate", "user"), ("pause.rate", "assistant")}
    pauses = rates["pause.rate", "assistant"]
    assert pauses.requested == 0.2
    assert pauses.came == sum(
        event.kind == "pause" and event.role == "assistant" for scene in scenes for event in scene.events
    )
    # A comma in each of the assistant's turns.
    assert pauses.chances == sum(turn.role == "assistant" for scene in scenes for turn in scene.turns)


def test_what_happened_is_plotted_where_its_row_says(tmp_path, scenes):
    report = reported(tmp_path, scenes)
    assert set(report.plots) == {row.plot for row in report.rows if row.count}
    plot = report.plots["timing/floor_transfer_s-assistant.svg"].decode()
    assert "in the plan" in plot
    assert "in the audio" in plot


def test_the_plan_is_read_whole_and_only_the_first_dialogues_are_listened_to(tmp_path, scenes):
    few = reported(tmp_path / "few", scenes, heard_dialogues=1)
    none = reported(tmp_path / "none", scenes, heard_dialogues=0)
    assert (few.listened, none.listened) == (1, 0)
    assert [row.count for row in few.rows] == [row.count for row in none.rows]
    assert 0 < sum(row.heard_count for row in few.rows) < sum(row.count for row in few.rows)
    assert not any(row.heard_count for row in none.rows)


def test_a_dialogue_too_noisy_to_be_heard_is_passed_over_and_counted(tmp_path, scenes):
    noisy = [replace(scene, noise=NoiseMix("noise/a.wav", "noise", 3.0, 3.0)) for scene in scenes[:1]]
    report = reported(tmp_path, [*noisy, *scenes[1:]], heard_dialogues=2)
    assert (report.listened, report.passed_over) == (1, 1)


def test_a_corpus_of_no_scene_has_laws_alone(tmp_path):
    report = reported(tmp_path, [])
    assert [row.count for row in report.rows] == [0] * len(report.rows)
    assert (report.plots, report.listened) == ({}, 0)
