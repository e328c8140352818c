"""Timing profiles: shipped ones, files of one's own, and what a config changes of them."""

import json

import numpy as np
import pytest
import yaml
from pydantic import ValidationError

from manifests.config_keys import config_keys
from manifests.errors import BuildError
from manifests.strict_model import identity_of
from stages.scenes.audit.goodness import ks_distance
from stages.scenes.config import ScenesConfig
from stages.scenes.profile import SHIPPED, load_profile
from tests.building import ROOT
from tests.scenes.profiles import profile


def written(tmp_path, change) -> str:
    """Write profile `paper`, changed, to a file, and return its path."""
    content = identity_of(load_profile("paper"))
    change(content)
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(content))
    return str(path)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_profile_bears_its_name_and_says_what_it_is(name: str) -> None:
    shipped = load_profile(name)
    assert shipped.name == name
    assert len(shipped.description) > 40


def test_without_a_word_the_papers_profile_holds() -> None:
    assert ScenesConfig().timing == load_profile("paper")


def test_paper_answers_at_once_and_stops_at_once() -> None:
    paper = load_profile("paper")
    assert str(paper.floor_transfer_s.assistant) == "constant(0)"
    assert str(paper.interruption.reaction_s) == "constant(0)"
    assert paper.floor_transfer_s.user.law == "normal"


def test_human_has_switchboards_floor_transfers() -> None:
    transfers = load_profile("human").floor_transfer_s
    assert transfers.user == transfers.assistant
    mean, sd = transfers.user.moments()
    assert mean == pytest.approx(0.149, abs=0.01)
    assert sd == pytest.approx(0.488, abs=0.03)
    assert transfers.user.cdf([0.0, 1.0]) == pytest.approx([0.341, 0.959], abs=0.006)


def test_human_has_switchboards_pauses_overlaps_and_backchannels() -> None:
    human = load_profile("human")
    switchboard = json.loads((ROOT / "stages/scenes/profiles/switchboard.json").read_text())
    for law, measured in (
        (human.pause.user.duration_s, switchboard["pause_within_turn"]),
        (human.interruption.reaction_s, switchboard["overlap_at_speaker_change"]),
        (human.failed_interruption.give_up_s, switchboard["overlap_inside_turn"]),
        (human.backchannel.assistant.delay_s, switchboard["gap"]),
    ):
        assert law.cdf([measured[key] for key in ("p10", "p50", "p90")]) == pytest.approx([0.1, 0.5, 0.9], abs=0.03)
        assert law.moments()[0] == pytest.approx(measured["mean"], rel=0.06)
    speaking = (switchboard["time_share"]["one_speaker"] + 2 * switchboard["time_share"]["both"]) / 2
    rate = switchboard["backchannel"]["per_minute"] / 2 / speaking
    assert human.backchannel.user.per_minute == pytest.approx(rate, rel=0.02)


def test_assistant_is_prompt_yields_fast_and_hardly_overlaps() -> None:
    assistant, human = load_profile("assistant"), load_profile("human")
    assert assistant.floor_transfer_s.assistant.lowest >= 0
    assert assistant.floor_transfer_s.assistant.moments()[0] < 0.4
    assert assistant.interruption.reaction_s.highest < 1
    assert assistant.backchannel.assistant.per_minute < human.backchannel.assistant.per_minute


def test_the_user_of_an_assistant_overlaps_as_people_do_but_for_what_the_assistant_would_yield_to() -> None:
    assistant = load_profile("assistant")
    theirs, peoples = assistant.floor_transfer_s.user, load_profile("human").floor_transfer_s.user
    assert -theirs.lowest == pytest.approx(assistant.interruption.reaction_s.moments()[0], abs=0.01)
    assert theirs == peoples.model_copy(update={"min": theirs.lowest})
    rng = np.random.default_rng(1)
    drawn = [theirs.draw(rng).value for _ in range(2000)]
    assert -0.4 <= min(drawn) < -0.35
    assert ks_distance(drawn, theirs) < 0.03


def test_keys_beside_the_profile_override_its_own() -> None:
    timing = profile("{profile: human, tail_s: 2, pause: {user: {rate: 0.1}}, backchannel: {user: {per_minute: 3}}}")
    human = load_profile("human")
    assert (timing.tail_s, timing.pause.user.rate, timing.backchannel.user.per_minute) == (2.0, 0.1, 3.0)
    assert timing.pause.user.duration_s == human.pause.user.duration_s
    assert timing.pause.assistant == human.pause.assistant


def test_a_law_is_replaced_whole_and_a_parameter_by_itself() -> None:
    timing = profile("{profile: paper, floor_transfer_s: {user: {law: laplace, location: 0.1, scale: 0.3}}}")
    assert str(timing.floor_transfer_s.user) == "laplace(0.1, 0.3)"
    assert str(profile("{profile: paper, lead_s: {mean: 0.6}}").lead_s) == "normal(0.6, 0.2) in [0.2, 1]"


def test_a_file_of_ones_own_brings_its_histogram_along(tmp_path) -> None:
    (tmp_path / "offsets.csv").write_text("low,high,count\n0,0.5,3\n0.5,1,1\n")
    path = written(tmp_path, lambda c: c["floor_transfer_s"].update(user={"law": "empirical", "file": "offsets.csv"}))
    timing = profile(f"{{profile: {path}}}")
    assert timing.floor_transfer_s.user.counts == (3.0, 1.0)
    assert str(tmp_path) not in json.dumps(identity_of(timing))


def test_a_file_in_the_place_of_a_profiles_law_needs_the_laws_name() -> None:
    with pytest.raises(ValidationError, match=r"has both a file and counts.*also set law: empirical"):
        profile("{profile: human, floor_transfer_s: {user: {file: x.csv}}}")


def test_laws_without_an_end_may_stay_so_if_they_hardly_ever_pass_a_minute() -> None:
    timing = profile("{profile: paper, floor_transfer_s: {user: {law: normal, mean: 0.3, sd: 5}}}")
    assert str(timing.floor_transfer_s.user) == "normal(0.3, 5)"


@pytest.mark.parametrize("name", SHIPPED)
def test_a_resolved_profile_stands_by_itself(name: str) -> None:
    resolved = ScenesConfig.model_validate({"timing": {"profile": name}})
    assert ScenesConfig.model_validate(yaml.safe_load(yaml.safe_dump(identity_of(resolved)))) == resolved
    assert ScenesConfig.model_validate_json(json.dumps(identity_of(resolved))) == resolved


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.pop("pause"), "pause: missing; this key is required"),
        (lambda c: c["backchannel"].pop("user"), "backchannel.user: missing"),
        (lambda c: c["floor_transfer_s"].pop("assistant"), "floor_transfer_s.assistant: missing"),
        (lambda c: c["lead_s"].update(sd=-0.1), r"lead_s.normal.sd: .*greater than or equal to 0 \(found -0.1\)"),
        (lambda c: c["interruption"].update(rate=1.2), r"interruption.rate: .*less than or equal to 1 \(found 1.2\)"),
        (lambda c: c["pause"]["user"].update(rate=-0.1), "pause.user.rate: .*greater than or equal to 0"),
        (lambda c: c["backchannel"]["user"].update(per_minute=-1), "backchannel.user.per_minute: .*greater than"),
        (lambda c: c["lead_s"].update(law="poisson"), "lead_s: .*poisson"),
        (lambda c: c["lead_s"].update(min=None), r"lead_s: .*normal\(0.5, 0.2\) in \[-inf, 1\] can fall below 0"),
        (lambda c: c["interruption"].update(onset={"law": "exponential", "mean": 0.5, "max": 2.0}), "can exceed 1"),
        (lambda c: c["interruption"].update(onset={"law": "exponential", "mean": 0.5}), "can exceed 1"),
        (
            lambda c: c.update(lead_s={"law": "exponential", "mean": 1e6}),
            r"lead_s: .*exponential\(1e\+06\) can exceed 60; give it a max",
        ),
        (
            lambda c: c["floor_transfer_s"].update(user={"law": "normal", "mean": -1000.0, "sd": 1.0}),
            r"floor_transfer_s.user: .*normal\(-1000, 1\) can fall below -60; give it a min",
        ),
        (
            lambda c: (c["interruption"].update(rate=0.7), c["failed_interruption"].update(rate=0.7)),
            r"interruption.rate 0.7 and failed_interruption.rate 0.7 add up to more than 1",
        ),
        (lambda c: c.update(tail_s=-1.0), "tail_s: .*greater than or equal to 0"),
        (lambda c: c.update(tale_s=1.0), "tale_s: unknown key; did you mean 'tail_s'"),
        (
            lambda c: c.update(lead_s={"law": "normal", "mean": 0.0, "sd": 0.1, "min": 5.0}),
            r"lead_s.*normal\(0, 0.1\) in \[5, inf\]: its truncation is impossible",
        ),
        (
            lambda c: c.update(lead_s={"law": "empirical", "edges": [0, 1], "counts": [0]}),
            "lead_s.*the histogram is empty",
        ),
        (
            lambda c: c.update(lead_s={"law": "empirical", "flie": "x.csv"}),
            r"(.|\n)*lead_s.empirical.flie: unknown key; did you mean 'file'",
        ),
    ],
)
def test_a_bad_profile_file_is_named_with_key_and_value(tmp_path, change, message: str) -> None:
    path = written(tmp_path, change)
    with pytest.raises(BuildError, match=rf"timing profile {path}:\n.*{message}"):
        profile(f"{{profile: {path}}}")


def test_an_unknown_profile_is_answered_with_those_there_are() -> None:
    with pytest.raises(BuildError, match=r"'humane': give one of paper, human, assistant, or the path to a \.yaml"):
        profile("{profile: humane}")
    with pytest.raises(BuildError, match=r"/nowhere/mine\.yaml: no such timing profile; the bundled ones are paper"):
        profile("{profile: /nowhere/mine.yaml}")


def test_a_section_without_a_profile_has_to_be_whole() -> None:
    with pytest.raises(ValidationError, match="name a profile"):
        profile("{tail_s: 1}")


def test_the_keys_that_a_config_may_leave_to_a_profile_or_a_histogram_file_are_listed_so() -> None:
    listed = {key.path: key.default for key in config_keys(ScenesConfig)}
    assert listed["timing.tail_s"] == listed["timing.pause.user.rate"] == "the profile's"
    assert listed["timing.lead_s.edges"] == listed["timing.lead_s.counts"] == "the file's"
    assert "timing.profile" in listed
    assert "timing.lead_s.file" in listed
